"""The engines as processes of this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from devstack import state
from devstack.addresses import build_addresses
from devstack.faults import DevstackError
from devstack.logs import read_tail
from devstack.places import Places
from devstack.starting import Wish, start_stack
from devstack.status import Status, read_status
from devstack.stopping import stop_stack


class Native:
    """The default backend: jars from Maven, Redis from the system, everything under one `var` directory."""

    def __init__(self, places: Places, environ: Mapping[str, str]) -> None:
        if not Path("/proc/self/stat").exists():
            raise DevstackError("The engines run without Docker on Linux only. Type: DEVSTACK=docker make up")
        self._places = places
        self._environ = environ

    def start(self, names: Sequence[str], *, in_memory: bool) -> None:
        start_stack(Wish(names=names, in_memory=in_memory, places=self._places, environ=self._environ))

    def stop(self, names: Sequence[str]) -> None:
        stop_stack(names, places=self._places, environ=self._environ)

    def read_status(self, names: Sequence[str]) -> list[Status]:
        return read_status(names, self._places)

    def read_addresses(self, names: Sequence[str]) -> dict[str, str]:
        running = state.load(self._places.state)
        down = [name for name in names if name not in running]
        if down:
            raise DevstackError(f"Not up: {', '.join(down)}. Type: python -m devstack up {' '.join(down)}")
        return build_addresses({name: running[name].launch.port for name in names}, self._environ)

    def read_log(self, name: str, lines: int) -> str:
        log = self._places.log(name)
        return read_tail(log, lines) if log.exists() else f"(no log yet: {log})"
