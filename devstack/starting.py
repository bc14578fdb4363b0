"""`up`: start what is down, all side by side, and wait for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from devstack import preflight, state
from devstack.addresses import EVENTS_PORT, WEB_PORT
from devstack.engine import Engine, Launch
from devstack.engines import ENGINES
from devstack.faults import DevstackError
from devstack.locking import hold_lock
from devstack.places import Places
from devstack.ports import find_free, find_holder
from devstack.processes import identify, spawn
from devstack.state import Running
from devstack.stopping import remember, stop
from devstack.waiting import describe_failure, watch


@dataclass(frozen=True)
class Wish:
    """What `up` was asked for. `environ` may name wanted ports, and is handed on to the engines."""

    names: Sequence[str]
    in_memory: bool
    places: Places
    environ: Mapping[str, str]


def start_stack(wish: Wish) -> None:
    """Bring the named engines up. Raises DevstackError; then what this call had started is stopped again."""
    with hold_lock(wish.places.lock):
        before = _find_running(wish)
        down = [ENGINES[name] for name in wish.names if name not in before]
        preflight.check(down, wish.places)
        _fetch(down, wish.places)
        started: dict[str, Running] = {}
        try:
            for engine in down:
                taken = _promised({**before, **started}.values(), wish.environ)
                started[engine.name] = _start(engine, wish, taken=taken)
                remember({**before, **started}, places=wish.places, environ=wish.environ)
            _wait(started, wish)
        except BaseException:  # Ctrl-C as well: what this call started does not outlive it
            stop(started.values())
            remember(before, places=wish.places, environ=wish.environ)
            raise
        remember({**before, **started}, places=wish.places, environ=wish.environ)
    if not down:
        print("Nothing to start: everything asked for is up.")


def _find_running(wish: Wish) -> dict[str, Running]:
    """Engines that an earlier call started; those asked for now are made sure to answer.

    One that does not answer may be coming up (the call that started it was killed) or about to end (somebody
    killed the engine): both are waited for.
    """
    found = state.load(wish.places.state)
    asked = {name: found.pop(name) for name in wish.names if name in found}
    for settled in watch(asked, engines=ENGINES, places=wish.places):
        if settled.answered:
            found[settled.running.name] = settled.running
            _report(settled.running, "was up already", wish)
    return found


def _fetch(engines: Iterable[Engine], places: Places) -> None:
    for engine in engines:
        if not engine.is_fetched(places):
            print(f"{engine.name}: fetching its jars with Maven, once", flush=True)
            engine.fetch(places)


def _start(engine: Engine, wish: Wish, *, taken: Collection[int]) -> Running:
    port = _choose_port(engine, wish.environ, taken)
    side_ports = tuple(find_free(wanted, avoid=taken) for wanted in engine.side_ports)
    launch = Launch(port, side_ports, in_memory=wish.in_memory and engine.has_memory_mode)
    command = engine.build_command(wish.places, launch)
    log, directory = wish.places.log(engine.name), wish.places.data(engine.name)
    identity = identify(spawn(command, log=log, directory=directory, environ=wish.environ).pid)
    if identity is None:
        raise describe_failure("ended at once", engine.name, wish.places)
    return Running(engine.name, identity, launch, version="", log=str(log))


def _choose_port(engine: Engine, environ: Mapping[str, str], taken: Collection[int]) -> int:
    wanted = _read_port(engine.port_variable, environ, engine.default_port)
    port = find_free(wanted, avoid=taken)
    if port != wanted:
        reason = f"is held by {find_holder(wanted)}" if wanted not in taken else "is kept for another server"
        print(f"{engine.name}: port {wanted} {reason}; taking {port}")
    return port


def _promised(engines: Iterable[Running], environ: Mapping[str, str]) -> set[int]:
    """Ports nobody may listen on yet, but that are spoken for."""
    ours = {port for running in engines for port in (running.launch.port, *running.launch.side_ports)}
    servers = {_read_port("WEB_PORT", environ, WEB_PORT), _read_port("EVENTS_PORT", environ, EVENTS_PORT)}
    return ours | servers


def _read_port(variable: str, environ: Mapping[str, str], default: int) -> int:
    text = environ.get(variable) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise DevstackError(f"{variable}={text!r} is no port: give a number from 1 to 65535.")
    return int(text)


def _wait(started: dict[str, Running], wish: Wish) -> None:
    """Return when all answer, with their versions entered; one that ends instead raises DevstackError."""
    for settled in watch(started, engines=ENGINES, places=wish.places):
        name = settled.running.name
        if not settled.answered:
            raise describe_failure("ended while it was starting", name, wish.places)
        started[name] = settled.running
        _report(settled.running, f"is up after {settled.seconds:.1f} s", wish)


def _report(running: Running, how: str, wish: Wish) -> None:
    print(f"{running.name} {running.version} {how}: {running.address}", flush=True)
    if wish.in_memory and ENGINES[running.name].has_memory_mode and not running.launch.in_memory:
        print(f"  It keeps its data on disk; to change that: python -m devstack down {running.name}")
