"""The ways a segment is copied: how a page is read, where it is written, and what is kept of what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from chat.codec.items import CollisionFilter
from chat.stores.base import Store
from migration.apply.writer import write_many
from migration.backfill.indexed import Leftovers, RoomQuery
from migration.backfill.mapping import Collisions, map_page
from migration.backfill.ranges import RangePage, TokenRange
from migration.backfill.reversing import counts_of, keep_conflicts, put_back
from migration.backfill.scanning import Item, ScanPage, SegmentScan, worker_calls
from migration.backfill.spellings import ShorterSpellings, table_keys
from migration.enums import Way
from migration.models import Segment
from migration.quarantine.items import quarantine
from migration.segments.lease import Counts

Alive = Callable[[], None]
Cursor = dict[str, Any]


class Page(Protocol):
    @property
    def next(self) -> Cursor | None:
        """Where to go on; None at the end."""

    @property
    def size(self) -> int:
        """Rows that were read for it."""

    @property
    def units(self) -> float:
        """Read capacity that it used."""


class Reader(Protocol):
    most: int | None
    """Rows a page, where a limit asks for less than the reader's own size."""

    def page(self, after: Cursor | None) -> Any:
        """A `Page`, the same one again for the same cursor."""


@dataclass(frozen=True, slots=True)
class Put:
    """A page that is written. `keep` stores what could not be, in the transaction that counts the page."""

    counts: Counts
    keep: Callable[[], None]


SomePage = TypeVar("SomePage", bound=Page, contravariant=True)


class Copier(Protocol[SomePage]):
    reader: Reader

    def put(self, page: SomePage, alive: Alive) -> Put:
        """Safe to repeat, wholly or in part. `alive` is called while it takes long."""

    def remembered(self) -> Any:
        """What belongs into the cursor beside the place, as JSON can hold it."""


@dataclass(slots=True)
class Forward:
    """From the source into the target. `rules` finds the key collisions of a page's items."""

    reader: Reader
    target: Store
    run_id: int
    rules: Callable[[list[Item]], Collisions]
    filter: CollisionFilter | None = None

    def put(self, page: ScanPage, alive: Alive) -> Put:
        mapped = map_page(page.items, self.rules(page.items))
        write_many(self.target, mapped.comments, alive=alive)
        counts = Counts(read=len(page.items), written=len(mapped.comments), quarantined=len(mapped.faults))
        return Put(counts, partial(quarantine, mapped.faults, run_id=self.run_id))

    def remembered(self) -> Any:
        return self.filter.remembered() if self.filter is not None else ()


@dataclass(slots=True)
class Reverse:
    """From the target back into the source."""

    reader: Reader
    target: Store
    segment: Segment

    def put(self, page: RangePage, alive: Alive) -> Put:
        conflicts = put_back(self.target, page.comments, alive=alive)
        return Put(counts_of(page.comments, conflicts), partial(keep_conflicts, conflicts, self.segment.run))

    def remembered(self) -> Any:
        return ()


def copier_of(segment: Segment, target: Store, cursor: Cursor) -> Copier[Any]:
    """`cursor` is the segment's own, empty at its start."""
    run = segment.run
    if run.way == Way.REVERSE:
        ranges = TokenRange(number=segment.number, total=run.segments.count(), from_us=run.from_us or 0)
        return Reverse(ranges, target, segment)
    calls = worker_calls()
    if run.way == Way.ROOMS:
        room = RoomQuery(calls, room=segment.label) if segment.label else Leftovers(calls)
        return Forward(room, target, run.pk, lambda items: ShorterSpellings(items, table_keys(calls)))
    # The last keys before the cursor: a collision may lie across the edge of a page.
    collisions = CollisionFilter(cursor.get("remembered", ()))
    scan = SegmentScan(calls, segment=segment.number, total=run.segments.count())
    return Forward(scan, target, run.pk, lambda items: collisions, collisions)
