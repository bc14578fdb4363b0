"""What one worker does with one segment: read a page ahead, look at each item, save figures and cursor together."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from django.db import transaction

from chat.clock import wall_us
from chat.codec.faults import MappingFault
from chat.codec.items import CollisionFilter, from_item
from chat.conf import Role
from chat.data import Comment, StoreId
from chat.exceptions import StoreThrottled
from chat.stores.dynamodb.store import ROOM_INDEX
from chat.stores.registry import open_store
from migration.backfill.scanning import Item, ScanPage, SegmentScan, worker_calls
from migration.backfill.working import BUDGET_SECONDS, pages_ahead, position
from migration.census import ties
from migration.census.roomdays import RoomDays
from migration.census.sizes import item_bytes
from migration.census.tally import Tally
from migration.models import Census, Segment
from migration.segments.attempt import attempt
from migration.segments.lease import Counts, Lease, finish, save
from migration.segments.pace import Pace


@dataclass(slots=True)
class Look:
    """What a segment's pages are looked at with; taken up again from its cursor."""

    tally: Tally
    collisions: CollisionFilter
    days: RoomDays = field(default_factory=RoomDays)
    # Of the last page: the index is asked who else is at their instants.
    respelled: list[Comment] = field(default_factory=list)

    def at(self, page: ScanPage) -> None:
        self.days, self.respelled = RoomDays(), []
        self.tally.units += page.units
        now = wall_us()
        for item in page.items:
            self._at_item(item, now)

    def _at_item(self, item: Item, now_us: int) -> None:
        size = item_bytes(item)
        self.tally.add(item, size)
        try:
            comment = from_item(item, now_us=now_us)
            # The same rule, in the same order, as the backfill's: what collides here is quarantined there.
            self.collisions.admit(comment)
        except MappingFault as fault:
            self.tally.add_fault(item, fault)
            return
        self.tally.add_mapped(comment, item["time"]["S"])
        self.days.add(comment, size)
        if comment.time_raw is not None:
            self.respelled.append(comment)


def work(segment_id: int, *, budget: float = BUDGET_SECONDS) -> float | None:
    """Works on the segment: the seconds until it should be queued again, None if it should not (see `attempt`)."""
    return attempt(segment_id, partial(look_through, deadline=monotonic() + budget))


def look_through(segment: Segment, lease: Lease, *, deadline: float) -> bool:
    """True when the segment is at its end. Clients share the source, so its own latency sets the pace."""
    pace = Pace(segment.run, lease, open_store(StoreId(segment.run.source), Role.WORKER), deadline)
    go_on = pace.begin()
    while go_on:
        try:
            return _look_at_pages(segment, lease, pace)
        except StoreThrottled as error:
            # From the last page that was saved: what was seen since is in no figure.
            go_on = pace.throttled(error)
            segment.refresh_from_db(fields=["cursor"])
    return False


def _look_at_pages(segment: Segment, lease: Lease, pace: Pace) -> bool:
    cursor = position(segment)
    look = Look(Tally(**cursor.get("tally", {})), CollisionFilter(cursor.get("remembered", ())))
    scan = SegmentScan(worker_calls(), segment=segment.number, total=segment.run.segments.count())
    indexed = ROOM_INDEX in Census.objects.get(run=segment.run).settings["indexes"]
    scan.most = pace.page_items
    with closing(pages_ahead(scan.page, cursor.get("after"))) as pages:
        for page in pages:
            look.at(page)
            found = _ties(look, pace) if indexed else _unasked(look)
            _save(segment, lease, page, look, found)
            if page.next is None:
                return True
            if not pace.after(rows=page.size, units=page.units):
                return False
            scan.most = pace.page_items
    raise AssertionError("a walk ends with a page that has no next key")


def _ties(look: Look, pace: Pace) -> list[ties.Tie]:
    found = []
    # Many items at one instant are one question.
    for comment in {(one.room, one.time_us): one for one in look.respelled}.values():
        if look.tally.asked >= ties.MOST_ASKED:
            look.tally.unasked += 1
            continue
        look.tally.asked += 1
        pace.pulse()
        if tie := ties.find_tie(worker_calls(), comment):
            found.append(tie)
    return found


def _unasked(look: Look) -> list[ties.Tie]:
    """Without its index the table cannot be asked by room."""
    look.tally.unasked += len({(one.room, one.time_us) for one in look.respelled})
    return []


def _save(segment: Segment, lease: Lease, page: ScanPage, look: Look, found: list[ties.Tie]) -> None:
    """All figures and the cursor in one commit, behind the fence: an item is counted once (protocol C1)."""
    cursor = {"after": page.next, "remembered": look.collisions.remembered(), "tally": look.tally.as_json()}
    with transaction.atomic():
        # Spelled out as JSON text: a key may hold what PostgreSQL's own JSON refuses (NUL, lone surrogates).
        save(lease, cursor=json.dumps(cursor), counts=Counts(read=len(page.items), skipped=len(page.items)))
        look.days.flush(segment.run_id)
        ties.keep_ties(segment.run_id, found)
        if page.next is None:
            finish(lease)
