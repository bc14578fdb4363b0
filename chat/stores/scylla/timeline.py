"""Walks over one partition, newest first and ties ascending, from any position: the read path of tables and views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from chat.codec.faults import MappingFault
from chat.codec.rows import from_values
from chat.codec.timetext import MAX_TIME_US, US_PER_SECOND, scan_from
from chat.data import Comment, Position
from chat.stores.paging import instant_of
from chat.stores.scylla.requests import Requests
from chat.stores.scylla.statements import Table
from chat.stores.skipped import Skipped

STREAM_ROWS: Final = 1000
"""Rows of one page of a walk over a whole partition: it bounds the memory of the walk."""
OLDEST_US: Final = 1_326_844_800 * US_PER_SECOND
"""The day DynamoDB was opened: no ten-digit row of a real table is older."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """All reads are by keyset, never by paging state: a position means the same on every store (protocol P2)."""

    table: Table
    requests: Requests
    skipped: Skipped

    def walk(
        self, key: str, *, after: Position | None = None, from_us: int = 0, rows: int, strong: bool = False
    ) -> Iterator[Comment]:
        """The partition's comments below `after`, down to `from_us` inclusive. `rows`: how many a request asks for."""
        found = self._rows(key, after, from_us, page_rows=min(rows, STREAM_ROWS), strong=strong)
        return comments_of(found, self.skipped)

    def newer_than(self, key: str, position: str, *, after: Position | None, rows: int) -> Iterator[Comment]:
        """Comments whose own time text is greater than `position`, as text (protocol C4)."""
        found = self.walk(key, after=after, from_us=_lowest(position), rows=rows)
        return (comment for comment in found if comment.time > position)

    def _rows(
        self, key: str, after: Position | None, from_us: int, *, page_rows: int, strong: bool
    ) -> Iterator[tuple[Any, ...]]:
        between, tie = self.table.select_between(), self.table.select_tie_after()
        if after is None:
            return self.requests.rows(between, (key, from_us, MAX_TIME_US + 1), page_rows=page_rows, strong=strong)
        edge = instant_of(after, store=self.requests.store)
        # Two reads, because (time_us DESC, tie ASC) has no single slice that starts inside a tie.
        return chain(
            self.requests.rows(tie, (key, edge, after.name), page_rows=page_rows, strong=strong),
            self.requests.rows(between, (key, from_us, edge), page_rows=page_rows, strong=strong),
        )


def comments_of(rows: Iterable[Sequence[Any]], skipped: Skipped) -> Iterator[Comment]:
    """Rows as comments, without those that have none: no writer of ours leaves such a row."""
    for row in rows:
        try:
            comment = from_values(row)
        except MappingFault as fault:
            skipped.note(tuple(map(repr, row[:3])), fault)
        else:
            yield comment


def _lowest(position: str) -> int:
    """Where a read of `/latest/{position}` may stop, in microseconds.

    Rows of fewer than ten digits sort otherwise as text than as numbers: they lie below all others, and their own
    text decides. A position that old ("", "1111") asks for everything, so the read may as well go down to them.
    """
    bound = scan_from(position)
    return bound if bound > OLDEST_US else 0
