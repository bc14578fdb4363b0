"""Reads the CQL table by token ranges, page by page, from a cursor that any process can go on from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from chat.conf import Role, deadlines, env
from chat.data import Comment, Position, StoreId
from chat.stores.registry import cql_connection
from chat.stores.scylla.requests import Requests
from chat.stores.scylla.statements import Statement, room_table
from chat.stores.scylla.timeline import Timeline
from chat.stores.skipped import Skipped

LOWEST, TOKENS = -(2**63), 2**64
"""Both engines place partitions by Murmur3, whose tokens are all the signed numbers of 64 bits."""
PAGE_ROWS: Final = 500
PAGE_ROOMS: Final = 100
"""A page ends after that many rooms, too: most may have nothing since the instant it reads from."""

Cursor = dict[str, Any]
"""{"token", "room", "after": [time, name] or None when the room is finished}."""


@dataclass(slots=True)
class RangePage:
    """`next` is the cursor to go on from; None when the range is at its end."""

    comments: list[Comment]
    next: Cursor | None
    units: float = 0.0

    @property
    def size(self) -> int:
        return len(self.comments)


@dataclass(slots=True)
class TokenRange:
    """One of `total` equal parts of the ring; comments from `from_us` on. Reads strongly (protocol W9)."""

    number: int
    total: int
    from_us: int = 0
    most: int | None = None
    _requests: Requests = field(init=False)
    _timeline: Timeline = field(init=False)
    _rooms: Statement = field(init=False)

    def __post_init__(self) -> None:
        table = room_table(env().keyspace)
        self._requests = Requests(cql_connection(), deadlines(Role.WORKER), StoreId.SCYLLA_ROOM)
        self._timeline = Timeline(table, self._requests, Skipped(StoreId.SCYLLA_ROOM))
        room = table.partition
        self._rooms = Statement(
            f"SELECT DISTINCT {room}, token({room}) FROM {table.name} WHERE token({room}) >= ? AND token({room}) <= ?",
            speculative=True,
        )

    def page(self, after: Cursor | None) -> RangePage:
        """Raises `StoreError`s."""
        most = PAGE_ROWS if self.most is None else min(PAGE_ROWS, self.most)
        comments: list[Comment] = []
        rooms = 0
        for place, comment in self._walk(after):
            if comment is None:
                rooms += 1
            else:
                comments.append(comment)
            if len(comments) >= most or rooms >= PAGE_ROOMS:
                return RangePage(comments, place)
        return RangePage(comments, None)

    def _walk(self, after: Cursor | None) -> Iterator[tuple[Cursor, Comment | None]]:
        """Each comment with the cursor behind it, and None with the cursor behind each room."""
        if after is not None and after["after"] is not None:
            yield from self._room(after["token"], after["room"], Position(*after["after"]))
        for room, token in self._rooms_behind(after):
            yield from self._room(token, room, None)

    def _room(self, token: int, room: str, after: Position | None) -> Iterator[tuple[Cursor, Comment | None]]:
        rows = self._timeline.walk(room, after=after, from_us=self.from_us, rows=PAGE_ROWS, strong=True)
        for comment in rows:
            yield {"token": token, "room": room, "after": [comment.time, comment.name]}, comment
        yield {"token": token, "room": room, "after": None}, None

    def _rooms_behind(self, after: Cursor | None) -> Iterator[tuple[str, int]]:
        """By token, then by the bytes of the name, as the engines order partitions: two rooms may share a token."""
        first = self.first if after is None else after["token"]
        done = None if after is None else (after["token"], after["room"].encode())
        found = self._requests.rows(self._rooms, (first, self.last), page_rows=PAGE_ROOMS, strong=True)
        return ((room, token) for room, token in found if done is None or (token, room.encode()) > done)

    @property
    def first(self) -> int:
        return LOWEST + self.number * TOKENS // self.total

    @property
    def last(self) -> int:
        """Inclusive."""
        return LOWEST + (self.number + 1) * TOKENS // self.total - 1
