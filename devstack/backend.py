"""What the commands ask of whoever runs the engines: our own processes, or Docker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from devstack.status import Status


class Backend(Protocol):
    """Engines go by their names in `devstack.engines`; DevstackError where a method cannot do its work."""

    def start(self, names: Sequence[str], *, in_memory: bool) -> None:
        """Return when each named engine answers a real query."""
        ...

    def stop(self, names: Sequence[str]) -> None:
        """Return when none of the named engines runs."""
        ...

    def read_status(self, names: Sequence[str]) -> list[Status]:
        """One entry a name, in that order."""
        ...

    def read_addresses(self, names: Sequence[str]) -> dict[str, str]:
        """Environment variables of engines that are up; DevstackError if one of them is not."""
        ...

    def read_log(self, name: str, lines: int) -> str:
        """The last lines an engine wrote."""
        ...
