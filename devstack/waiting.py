"""Wait until engines answer a real query, or end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from devstack.engine import Engine, NotReady
from devstack.faults import DevstackError
from devstack.logs import read_tail
from devstack.places import Places
from devstack.ports import is_listening
from devstack.processes import is_alive
from devstack.state import Running

PAUSE = 0.1  # seconds between two looks at an engine that is starting
SHOWN_LINES = 25


@dataclass(frozen=True)
class Settled:
    """How the waiting for one engine went out: it answered (then `running` has its version), or it ended."""

    running: Running
    answered: bool
    seconds: float


def watch(starting: Mapping[str, Running], *, engines: Mapping[str, Engine], places: Places) -> Iterator[Settled]:
    """Each engine once, as soon as it answers or has ended.

    Raises DevstackError, with the end of its log, for one that does neither in the time its start may take.
    """
    began = time.monotonic()
    waiting = dict(starting)
    while waiting:
        for name, running in list(waiting.items()):
            settled = _look(running, engines[name], time.monotonic() - began, places)
            if settled:
                del waiting[name]
                yield settled
        if waiting:
            time.sleep(PAUSE)


def ask(running: Running, engine: Engine) -> Running:
    """One query to one engine, which tells its version; NotReady says why it cannot be called up."""
    # The answer of a stranger that took the port meanwhile must not count as ours.
    if not is_listening(running.identity.pid, running.launch.port):
        raise NotReady(f"it does not listen on {running.address}")
    return replace(running, version=engine.probe(running.launch.port))


def describe_failure(what: str, name: str, places: Places) -> DevstackError:
    """The error to raise for an engine that does not come up, with the last words of its log."""
    log = places.log(name)
    said = read_tail(log, SHOWN_LINES) or "(it is empty)"
    return DevstackError(
        f"{name} {what}. The end of {log}:\n{said}\n"
        f"Mend what the log names, then type: python -m devstack down {name}; python -m devstack up {name}"
    )


def _look(running: Running, engine: Engine, waited: float, places: Places) -> Settled | None:
    """None while there is still something to wait for."""
    try:
        return Settled(ask(running, engine), answered=True, seconds=waited)
    except NotReady as fault:
        if not is_alive(running.identity):
            return Settled(running, answered=False, seconds=waited)
        if waited > engine.start_seconds:
            what = f"does not answer after {waited:.0f} s ({fault})"
            raise describe_failure(what, running.name, places) from fault
        return None
