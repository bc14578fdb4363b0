"""`status`: each engine asked by a real query, with what the kernel says about its process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devstack import state
from devstack.engine import NotReady
from devstack.engines import ENGINES
from devstack.places import Places
from devstack.processes import read_age, read_memory
from devstack.state import Running
from devstack.waiting import ask

UP, SILENT, DOWN = "up", "not answering", "down"
TITLES = ("engine", "state", "address", "pid", "version", "uptime", "memory")


@dataclass(frozen=True)
class Status:
    """One engine; figures are None where unknown. `uptime` is in seconds, `memory` (resident) in bytes."""

    engine: str
    state: str
    address: str | None = None
    pid: int | None = None
    version: str | None = None
    uptime: float | None = None
    memory: int | None = None


def read_status(names: Sequence[str], places: Places) -> list[Status]:
    """One entry a name, in the order given."""
    running = state.load(places.state)
    return [_look(running[name]) if name in running else Status(name, DOWN) for name in names]


def format_table(entries: Iterable[Status]) -> str:
    """The table for the terminal."""
    rows = [TITLES, *(_cells(entry) for entry in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(TITLES))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _look(running: Running) -> Status:
    try:
        version, answer = ask(running, ENGINES[running.name]).version, UP
    except NotReady:
        version, answer = running.version, SILENT
    return Status(
        engine=running.name,
        state=answer,
        address=running.address,
        pid=running.identity.pid,
        version=version or None,
        uptime=round(read_age(running.identity), 1),
        memory=read_memory(running.identity.pid),
    )


def _cells(entry: Status) -> tuple[str, ...]:
    return (
        entry.engine,
        entry.state,
        entry.address or "-",
        str(entry.pid or "-"),
        entry.version or "-",
        "-" if entry.uptime is None else _format_time(int(entry.uptime)),
        "-" if entry.memory is None else f"{entry.memory // 2**20} MB",
    )


def _format_time(seconds: int) -> str:
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{seconds % 60:02}s"
