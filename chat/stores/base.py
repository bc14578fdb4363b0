"""The one interface of a store, and what each call promises. Every store passes the same contract suite.

Errors of every call: `StoreUnavailable` (nothing done, may work later), `StoreRefused` (never works as it is), and for
the calls that write also `OutcomeUnknown` (may have been done; settle by protocol W3). Every call ends within the
store's deadline; none waits for ever. Stores are safe to share between the threads of one process, not across a fork.

Order everywhere: newest first by time, ties by name ascending in code point order (which is UTF-8 byte order).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from chat.data import Comment, Page, Position, StoreId


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds a store may take: to connect, and for one request, all of its own retries included."""

    connect: float
    request: float


@dataclass(frozen=True, slots=True)
class PutResult:
    """`applied`, or the row that already sits under the key. Same comment in `existing` means applied (protocol W2)."""

    applied: bool
    existing: Comment | None = None


class Store(Protocol):
    """See the module's docstring for order, errors and deadlines, which hold for every method."""

    id: StoreId

    def put(self, comment: Comment) -> PutResult:
        """Insert if the key is free, decided by the store in one step. Sent once, never retried (protocol W1)."""

    def upsert(self, comment: Comment) -> None:
        """Make the store hold this comment; any order and repetition converge (protocol T3).

        Into DynamoDB it is conditional (absent, or equal to ours), else `MirrorConflict` (protocol W7).
        """

    def upsert_many(self, comments: list[Comment]) -> None:
        """`upsert` for many comments of any rooms, as fast as the store can; all are confirmed when it returns.

        An error means that any part of them may be written; the caller repeats the whole list.
        """

    def get(self, room: str, name: str, time: str) -> Comment | None:
        """One comment by its key, read strongly. None if there is none in that room."""

    def get_many(self, comments: Sequence[Comment]) -> list[Comment | None]:
        """What sits under the keys of these comments, in their order: as `get` for each, in few requests."""

    def latest(self, room: str, limit: int) -> tuple[Comment, ...]:
        """The newest `limit` comments of the room. A tie at the edge is cut by name, not by chance (protocol C5)."""

    def since(self, room: str, position: str, after: Position | None, limit: int) -> Page:
        """Comments whose time text is greater than `position`, as text, newest first, one page at a time.

        `position` is any text up to 1,024 UTF-8 bytes. `after` is the `next` of the page before.
        """

    def page(self, room: str, after: Position | None, limit: int) -> Page:
        """The room newest first, one page at a time. `next` is None only when nothing follows."""

    def stream_room(self, room: str) -> Iterator[Comment]:
        """The whole room in order, in constant memory, read strongly where the store can."""

    def by_user(self, name: str, after: Position | None, limit: int) -> Page:
        """One user's comments over all rooms, newest first; ties (one instant, two rooms) by room ascending.

        The `name` of the page's `next` is a room here: pass `next` back as it is.

        Within one (name, time) at most one row can exist in DynamoDB; CQL may hold one per room (protocol T1).
        """

    def rooms(self) -> Iterator[str]:
        """Every room that has a comment, each once, in no order. Walks the whole store: for workers, not requests."""

    def delete(self, comment: Comment) -> None:
        """Remove the comment's key. For repair and the operator only; never on a request path."""

    def ping(self) -> None:
        """One cheap real query against the table; returns or raises `StoreUnavailable` / `StoreRefused`."""

    def close(self) -> None:
        """Release connections. The store is not used afterwards."""


@runtime_checkable
class StampedStore(Store, Protocol):
    """A store whose rows carry write timestamps that decide which write wins (CQL)."""

    def written_us(self, comment: Comment) -> int | None:
        """The write timestamp of the comment's row in microseconds, read strongly; None where no row is visible."""

    def replace(self, comment: Comment, *, stamp_us: int) -> None:
        """Write the comment with a stamp of the change clock, above whatever is there (protocol T4, D2)."""

    def bury(self, comment: Comment, *, stamp_us: int) -> None:
        """Remove the comment's key with a stamp of the change clock: older writes of it never show again."""
