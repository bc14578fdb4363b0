"""What one worker does with one segment: read a page ahead, write, save the cursor; for a bounded time."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from django.db import transaction

from chat.conf import Role
from chat.data import StoreId
from chat.exceptions import StoreThrottled
from chat.stores.base import Store
from chat.stores.registry import open_store
from migration.backfill.copiers import Copier, Cursor, Page, Put, copier_of
from migration.flags.acting import acting
from migration.models import Segment
from migration.segments.attempt import attempt
from migration.segments.lease import Lease, finish, save
from migration.segments.pace import Pace

BUDGET_SECONDS = 60.0
"""A task works this long at most, then gives the segment back (design section 9)."""

SomePage = TypeVar("SomePage", bound=Page)


def work(segment_id: int, *, budget: float = BUDGET_SECONDS) -> float | None:
    """Works on the segment: the seconds until it should be queued again, None if it should not (see `attempt`)."""
    return attempt(segment_id, partial(copy, deadline=monotonic() + budget))


def copy(segment: Segment, lease: Lease, *, deadline: float) -> bool:
    """True when the segment is at its end."""
    target = open_store(StoreId(segment.run.target), Role.WORKER)
    pace = Pace(segment.run, lease, target, deadline)
    go_on = pace.begin()
    while go_on:
        try:
            return _copy_pages(segment, lease, target, pace)
        except StoreThrottled as error:
            # Whatever was in the air is done again, from the last page that was saved.
            go_on = pace.throttled(error)
            segment.refresh_from_db(fields=["cursor"])
    return False


def _copy_pages(segment: Segment, lease: Lease, target: Store, pace: Pace) -> bool:
    cursor = position(segment)
    copier = copier_of(segment, target, cursor)
    copier.reader.most = pace.page_items
    with closing(pages_ahead(copier.reader.page, cursor.get("after"))) as pages:
        for page in pages:
            # Written and saved under one epoch (protocol F4); not held while a page is awaited or the pace is kept.
            with acting():
                _save(lease, page, copier.put(page, pace.pulse), copier)
            if page.next is None:
                return True
            if not pace.after(rows=page.size, units=page.units):
                return False
            copier.reader.most = pace.page_items
    raise AssertionError("a walk ends with a page that has no next key")


def position(segment: Segment) -> Cursor:
    """Where the segment goes on: {"after", "remembered"}, empty at its start."""
    return json.loads(segment.cursor) if segment.cursor else {}


def _save(lease: Lease, page: Page, put: Put, copier: Copier[Any]) -> None:
    """What is kept aside and the cursor in one commit: an item is never counted without being kept."""
    # Spelled out as JSON text: a key may hold what PostgreSQL's own JSON refuses (NUL, lone surrogates).
    cursor = json.dumps({"after": page.next, "remembered": copier.remembered()})
    with transaction.atomic():
        save(lease, cursor=cursor, counts=put.counts)
        if page.next is None:
            finish(lease)
        # Last: it may write to the audit, for which nobody waits with a row of a segment still to take.
        put.keep()


def pages_ahead(read: Callable[[Cursor | None], SomePage], after: Cursor | None) -> Generator[SomePage, None, None]:
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
