"""The store of schema `room`, dedup `lwt`: one partition a room, conditional inserts by lightweight transactions."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from chat.codec.faults import MappingFault
from chat.codec.rows import COLUMNS, from_values, to_values
from chat.codec.timetext import parse
from chat.data import Comment, Page, Position, StoreId
from chat.exceptions import OutcomeUnknown, StoreRefused, StoreUnavailable
from chat.stores.base import PutResult
from chat.stores.paging import by_room, page_of
from chat.stores.scylla.batches import one_partition_batches
from chat.stores.scylla.requests import Requests
from chat.stores.scylla.statements import room_table, user_view
from chat.stores.scylla.timeline import STREAM_ROWS, Timeline, comments_of
from chat.stores.skipped import Skipped

IN_FLIGHT: Final = 16
"""Batches sent at once by `upsert_many`."""
KEYS_AT_ONCE: Final = 100
"""ScyllaDB refuses more than a hundred clustering keys in one IN."""
FRESH_US: Final = 1_000_000
"""A key younger than this, in microseconds, cannot have been deleted yet (see `_may_be_deleted`)."""


class ScyllaRoomStore:
    """See chat.stores.base.Store for what each method promises."""

    id = StoreId.SCYLLA_ROOM

    def __init__(self, *, requests: Requests, keyspace: str, has_user_view: bool, batch_bytes: int) -> None:
        """`batch_bytes` bounds a batch of `upsert_many`; `has_user_view` is SCYLLA_USER_TIMELINE=view."""
        self._requests = requests
        self._table = room_table(keyspace)
        self.skipped = Skipped(self.id)
        self._room = Timeline(self._table, requests, self.skipped)
        self._user = Timeline(user_view(keyspace), requests, self.skipped) if has_user_view else None
        self._batch_bytes = batch_bytes

    def put(self, comment: Comment) -> PutResult:
        row = self._requests.once(self._table.insert_if_absent(), to_values(comment))
        result = result_of(row)
        if result.applied and _may_be_deleted(comment):
            return self._read_back(comment)
        return result

    def _read_back(self, comment: Comment) -> PutResult:
        """Whether an applied insert is visible. A tombstone with a later timestamp hides it (protocol T5).

        Unknown and not refused when hidden: as soon as the clock has passed the tombstone's timestamp, the same put
        again inserts it for good.
        """
        try:
            found = self._one(comment.room, comment.time_us, comment.name)
        except StoreUnavailable as error:
            raise OutcomeUnknown(self.id, f"inserted, but not read back: {error}") from error
        if found is None:
            raise OutcomeUnknown(self.id, "inserted, but hidden by a delete with a later timestamp")
        return PutResult(applied=found == comment, existing=None if found == comment else found)

    def upsert(self, comment: Comment) -> None:
        self._requests.write(self._table.insert_at(), _stamped(comment))

    def upsert_many(self, comments: list[Comment]) -> None:
        batches = one_partition_batches(comments, max_bytes=self._batch_bytes)
        groups = ([_stamped(comment) for comment in batch] for batch in batches)
        self._requests.write_all(self._table.insert_at(), groups, in_flight=IN_FLIGHT)

    def get(self, room: str, name: str, time: str) -> Comment | None:
        try:
            time_us = parse(time)
        except MappingFault:
            # No row here can have such a time.
            return None
        return self._one(room, time_us, name)

    def _one(self, room: str, time_us: int, name: str) -> Comment | None:
        rows = self._requests.rows(self._table.select_one(), (room, time_us, name), page_rows=1, strong=True)
        return next(comments_of(rows, self.skipped), None)

    def get_many(self, comments: Sequence[Comment]) -> list[Comment | None]:
        found: dict[tuple[str, int, str], Comment] = {}
        for room, keys in _keys_by_room(comments):
            rows = self._requests.rows(self._table.select_some(), (room, keys), page_rows=KEYS_AT_ONCE, strong=True)
            found |= {(room, row.time_us, row.name): row for row in comments_of(rows, self.skipped)}
        return [found.get((comment.room, comment.time_us, comment.name)) for comment in comments]

    def written_us(self, comment: Comment) -> int | None:
        key = (comment.room, comment.time_us, comment.name)
        rows = self._requests.rows(self._table.select_write_time(), key, page_rows=1, strong=True)
        return next((written for (written,) in rows), None)

    def replace(self, comment: Comment, *, stamp_us: int) -> None:
        self._requests.write(self._table.insert_at(), (*to_values(comment), stamp_us))

    def bury(self, comment: Comment, *, stamp_us: int) -> None:
        key = (comment.room, comment.time_us, comment.name)
        self._requests.write(self._table.delete_at(), (stamp_us, *key))

    def latest(self, room: str, limit: int) -> tuple[Comment, ...]:
        return tuple(islice(self._room.walk(room, rows=limit), limit))

    def since(self, room: str, position: str, after: Position | None, limit: int) -> Page:
        return page_of(self._room.newer_than(room, position, after=after, rows=limit + 1), limit)

    def page(self, room: str, after: Position | None, limit: int) -> Page:
        return page_of(self._room.walk(room, after=after, rows=limit + 1), limit)

    def stream_room(self, room: str) -> Iterator[Comment]:
        return self._room.walk(room, rows=STREAM_ROWS, strong=True)

    def by_user(self, name: str, after: Position | None, limit: int) -> Page:
        if self._user is None:
            raise StoreRefused(self.id, "user timelines are off; set SCYLLA_USER_TIMELINE=view and run sync_schema")
        return page_of(self._user.walk(name, after=after, rows=limit + 1), limit, tie=by_room)

    def rooms(self) -> Iterator[str]:
        rows = self._requests.rows(self._table.select_partitions(), (), page_rows=STREAM_ROWS, strong=True)
        return (room for (room,) in rows)

    def delete(self, comment: Comment) -> None:
        """Above now and above the row's own timestamp, or the row would survive (protocol T4)."""
        key = (comment.room, comment.time_us, comment.name)
        stamp_us = max(_now_us(), (self.written_us(comment) or 0) + 1)
        self._requests.write(self._table.delete_at(), (stamp_us, *key))

    def ping(self) -> None:
        next(self._requests.rows(self._table.select_one(), ("ping", 0, "ping"), page_rows=1), None)

    def close(self) -> None:
        """The session belongs to the process, not to this store; the driver closes it when the process ends."""


def _keys_by_room(comments: Sequence[Comment]) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    rooms: dict[str, list[tuple[int, str]]] = {}
    for comment in comments:
        rooms.setdefault(comment.room, []).append((comment.time_us, comment.name))
    for room, keys in rooms.items():
        for start in range(0, len(keys), KEYS_AT_ONCE):
            yield room, keys[start : start + KEYS_AT_ONCE]


def result_of(row: dict[str, Any]) -> PutResult:
    """Read a conditional insert's one row, by column name only.

    Cassandra gives nothing but `[applied]` when it applied; ScyllaDB then gives all columns too, as nulls.
    """
    if row["[applied]"]:
        return PutResult(applied=True)
    try:
        return PutResult(applied=False, existing=from_values([row[column] for column in COLUMNS]))
    except MappingFault:
        # A foreign row without a comment: no comment of ours, and none to compare with.
        return PutResult(applied=False)


def _may_be_deleted(comment: Comment) -> bool:
    """Whether a delete can have hit this key before, so that an applied insert must be read back.

    Only a key that was in a store can be deleted. A first put comes within a second of its instant's issue
    (protocol T2) and no two puts share an instant (T1); a put of an older key is a re-issue (W3, W4) or another's row.
    """
    return abs(_now_us() - comment.time_us) > FRESH_US


def _stamped(comment: Comment) -> tuple[Any, ...]:
    return (*to_values(comment), comment.time_us)


def _now_us() -> int:
    return time.time_ns() // 1000
