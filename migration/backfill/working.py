"""What one worker does with one segment: read a page ahead, write, save the cursor; for a bounded time."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from time import monotonic

from django.db import transaction

from chat.codec.items import CollisionFilter
from chat.conf import Role
from chat.data import StoreId
from chat.stores.registry import open_store
from migration.apply.writer import write_many
from migration.backfill.mapping import Mapped, map_page
from migration.backfill.scanning import Item, ScanPage, SegmentScan, worker_calls
from migration.models import Segment
from migration.quarantine.items import quarantine
from migration.segments.attempt import attempt
from migration.segments.lease import Counts, Lease, Pulse, finish, save

BUDGET_SECONDS = 60.0
"""A task works this long at most, then gives the segment back (design section 9)."""


def work(segment_id: int, *, budget: float = BUDGET_SECONDS) -> float | None:
    """Works on the segment: the seconds until it should be queued again, None if it should not (see `attempt`)."""
    return attempt(segment_id, partial(copy, deadline=monotonic() + budget))


def copy(segment: Segment, lease: Lease, *, deadline: float) -> bool:
    """True when the segment is at its end."""
    target, pulse = open_store(StoreId(segment.run.target), Role.WORKER), Pulse(lease)
    scan = SegmentScan(worker_calls(), segment=segment.number, total=segment.run.segments.count())
    after, collisions = _position(segment)
    with closing(pages_ahead(scan.page, after)) as pages:
        for page in pages:
            mapped = map_page(page.items, collisions)
            write_many(target, mapped.comments, alive=pulse)
            _save(segment, lease, page, mapped, collisions)
            if page.next is None:
                return True
            if monotonic() > deadline:
                return False
    raise AssertionError("a scan ends with a page that has no next key")


def _position(segment: Segment) -> tuple[Item | None, CollisionFilter]:
    """Where the segment goes on, and the last keys before it (a collision may lie across the edge of a page)."""
    cursor = json.loads(segment.cursor) if segment.cursor else {}
    return cursor.get("after"), CollisionFilter(cursor.get("remembered", ()))


def _save(segment: Segment, lease: Lease, page: ScanPage, mapped: Mapped, collisions: CollisionFilter) -> None:
    """Quarantine and cursor in one commit: an item is never counted without being kept."""
    # Spelled out as JSON text: a key may hold what PostgreSQL's own JSON refuses (NUL, lone surrogates).
    cursor = json.dumps({"after": page.next, "remembered": collisions.remembered()})
    counts = Counts(read=len(page.items), written=len(mapped.comments), quarantined=len(mapped.faults))
    with transaction.atomic():
        quarantine(mapped.faults, run_id=segment.run_id)
        save(lease, cursor=cursor, counts=counts)
        if page.next is None:
            finish(lease)


def pages_ahead(read: Callable[[Item | None], ScanPage], after: Item | None) -> Generator[ScanPage, None, None]:
    """Pages in order; the next one is being read while the caller works on this one."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="scan") as reader:
        ahead = reader.submit(read, after)
        while True:
            page = ahead.result()
            if page.next is None:
                yield page
                return
            ahead = reader.submit(read, page.next)
            yield page
