"""`down`: end engines the way that keeps their data, and wait until they are gone."""

from __future__ import annotations

import signal
import time
from collections.abc import Collection, Mapping, Sequence

from devstack import state
from devstack.addresses import build_addresses
from devstack.locking import hold_lock
from devstack.places import Places
from devstack.processes import is_alive, send_signal
from devstack.state import Running

PATIENCE = 30.0  # seconds between asking and killing: Cassandra flushes its commit log first
PAUSE = 0.05


def stop_stack(names: Sequence[str], *, places: Places, environ: Mapping[str, str]) -> None:
    """End the named engines; entries of processes that are gone are forgotten without touching anything."""
    with hold_lock(places.lock):
        running = state.load(places.state)
        chosen = [running[name] for name in names if name in running]
        stop(chosen)
        left = {name: entry for name, entry in running.items() if name not in names}
        remember(left, places=places, environ=environ)
    stopped = ", ".join(entry.name for entry in chosen)
    print(f"Stopped: {stopped}." if stopped else "Nothing was running.")


def stop(engines: Collection[Running]) -> None:
    """SIGTERM to all at once, then wait; SIGKILL only for those still there after the patience is over."""
    for running in engines:
        send_signal(running.identity, signal.SIGTERM)
    for running in _wait_for_end(engines):
        who = f"{running.name} (pid {running.identity.pid})"
        print(f"{who} did not end in {PATIENCE:.0f} s: killed. Its last writes may be lost.")
        send_signal(running.identity, signal.SIGKILL)
    _wait_for_end(engines)


def remember(engines: Mapping[str, Running], *, places: Places, environ: Mapping[str, str]) -> None:
    """Write the state file, or remove it when nothing runs."""
    if engines:
        ports = {name: running.launch.port for name, running in engines.items()}
        state.save(places.state, engines, build_addresses(ports, environ))
    else:
        state.forget(places.state)


def _wait_for_end(engines: Collection[Running]) -> list[Running]:
    """Those that are still alive when the patience is over."""
    deadline = time.monotonic() + PATIENCE
    alive = list(engines)
    while alive and time.monotonic() < deadline:
        time.sleep(PAUSE)
        alive = [running for running in alive if is_alive(running.identity)]
    return alive
