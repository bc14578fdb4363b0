"""What the chat service asks of a control plane, without knowing which one (design section 3).

The implementations are named by settings, so that `migration` can be deleted when the rollout is over.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from chat.data import Comment, Endpoint, StoreId


@dataclass(frozen=True, slots=True)
class WriteRoute:
    """Where one write goes: the store that decides, and the one that follows, if any, under one epoch."""

    epoch: int
    authority: StoreId
    mirror: StoreId | None
    # The client's answer does not wait for the mirror (protocol W9).
    mirror_later: bool = False


@dataclass(frozen=True, slots=True)
class ReadRoute:
    """Where one read is answered from, under one epoch."""

    epoch: int
    store: StoreId
    # Answers if the first one fails or is late; it holds the same (design section 8).
    fallback: StoreId | None = None
    # The store is owed a comment of this room, and no other one can answer for it (protocol F11).
    stale: bool = False
    # The fallback is owed a comment of this room.
    fallback_stale: bool = False


@dataclass(frozen=True, slots=True)
class PolicyHealth:
    """Which stores must answer for this process to serve, which only follow, and what is wrong but bearable."""

    epoch: int
    answering: frozenset[StoreId]
    following: frozenset[StoreId]
    degraded: tuple[str, ...] = ()


class RoutingPolicy(Protocol):
    """Admits requests. A request keeps the route of the epoch it was admitted under, until its block ends (F4)."""

    def admit_write(self) -> AbstractContextManager[WriteRoute]:
        """Raises `WritesHeld` when a hold outlasts its bound (F6), `NotServing` if this process may not serve (F5)."""

    def keep(self, route: WriteRoute) -> Callable[[], None]:
        """Called inside `admit_write`: the write goes on after its block, until what this returns is called (F4)."""

    def admit_read(self, endpoint: Endpoint, key: str) -> AbstractContextManager[ReadRoute]:
        """`key` is what a ramp sticks to: the room, or the name for `user_timeline` (F11). Raises `NotServing`."""

    def next_instant(self) -> int:
        """Microseconds no other process of ours issues (T1)."""

    def health(self) -> PolicyHealth:
        """Raises `NotServing` when this process never registered, or was superseded."""

    def close(self) -> None:
        """Give back what the process holds (registration, slot, threads)."""


class FixedRegistrar(Protocol):
    """Named by settings.CHAT_FIXED_REGISTRAR: lets a control plane know of a process on a fixed DB_BACKEND (F10)."""

    def __call__(self, backend: str, route: WriteRoute) -> RoutingPolicy | None:
        """A policy that sends every request along `route`. None where there is no rollout to register with.

        Raises `NotServing` where the phases contradict the backend.
        """


Mark = object
"""What `begin` gives and `end` takes; only its recorder knows what it is."""


class DebtRecorder(Protocol):
    """Keeps durably what one store has and the other is owed. Returns only when it is on disk (W6)."""

    def begin(self, comment: Comment, *, holder: StoreId, owed: StoreId | None) -> Mark:
        """The write is about to be sent: if this process dies now, others must find it (W5)."""

    def harden(self, mark: Mark) -> None:
        """What `begin` marked survives a power loss when this returns. Raises OSError when it cannot be written."""

    def end(self, mark: Mark) -> None:
        """The write is over: refused, or in both stores, or in the ledger."""

    def close(self) -> None:
        """The process ends. Anything not yet in the ledger is left where others find it."""

    def abandon(self, mark: Mark) -> None:
        """Nobody knows how the write ended and the ledger did not take it: to be recorded as soon as it does."""

    def owed(self, comment: Comment, *, holder: StoreId, owed: StoreId, cause: str) -> None:
        """`holder` has the comment, `owed` missed it."""

    def unsettled(self, comment: Comment, *, holder: StoreId, owed: StoreId | None, cause: str) -> None:
        """It is not known whether `holder` has the comment; to be settled by the same conditional write (W3)."""
