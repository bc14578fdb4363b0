"""What the stack asks of an engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from devstack.places import Places

HOST = "127.0.0.1"


class NotReady(Exception):
    """The engine does not answer a query yet; the text says what it did instead."""


@dataclass(frozen=True)
class Launch:
    """What one start was given.

    `port` is for clients, `side_ports` follow `Engine.side_ports`; `in_memory` means keep nothing on disk.
    """

    port: int
    side_ports: tuple[int, ...] = ()
    in_memory: bool = False


class Engine(ABC):
    """One engine. `port_variable` names the environment variable that chooses another port.

    `memory_mb` must be available before a start, which may take `start_seconds`: resident size and time to
    the first answer as measured on two cores, with room for slower machines.
    """

    name: ClassVar[str]
    port_variable: ClassVar[str]
    default_port: ClassVar[int]
    side_ports: ClassVar[tuple[int, ...]] = ()
    has_memory_mode: ClassVar[bool] = False
    memory_mb: ClassVar[int]
    start_seconds: ClassVar[float]

    @abstractmethod
    def find_problems(self, places: Places) -> list[str]:
        """What this machine lacks to run the engine, each with what to type."""

    @abstractmethod
    def is_fetched(self, places: Places) -> bool:
        """Whether the engine's programs are on this machine."""

    @abstractmethod
    def fetch(self, places: Places) -> None:
        """Bring what `is_fetched` misses. May take a minute; DevstackError if it cannot."""

    @abstractmethod
    def find_missing_packages(self, places: Places) -> list[str]:
        """The Debian packages that mend these problems."""

    @abstractmethod
    def build_command(self, places: Places, launch: Launch) -> list[str]:
        """The command line of the engine; writes its configuration first."""

    @abstractmethod
    def probe(self, port: int) -> str:
        """Send a real query and return the engine's version. Raises NotReady; ends within some seconds."""
