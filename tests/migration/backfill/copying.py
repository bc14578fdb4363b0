"""Backfills as these tests run them, and what a backfill must make of a table, told without our codec."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chat.clock import wall_us
from chat.data import Comment
from chat.seeding.awkward import Awkward, Oddity, awkward_items
from chat.seeding.comments import Seed, generate
from migration.backfill import runs
from migration.backfill.working import work
from migration.enums import SegmentState, Way
from migration.models import QuarantinedItem, Run, Segment, StoreState
from migration.segments.progress import progress

SEED = Seed(number=5, comments=400, rooms=6, users=12, until_us=wall_us() - 3_600_000_000)


def ordinary() -> list[Comment]:
    return list(generate(SEED))


def awkward() -> list[Awkward]:
    return list(awkward_items(SEED))


def mapped(odd: list[Awkward]) -> set[Comment]:
    """The rows of the items that are odd, but mappable."""
    return {row_of(one.item) for one in odd if isinstance(one.code, Oddity)}


def row_of(item: Mapping[str, Any]) -> Comment:
    time = item["time"]["S"]
    time_us = int(Decimal(time) * 1_000_000)
    spelled = f"{time_us // 1_000_000}.{time_us % 1_000_000:06d}".rstrip("0")
    canonical = f"{spelled}0" if spelled.endswith(".") else spelled
    return Comment(
        room=item["chat_room"]["S"],
        name=item["name"]["S"],
        time_us=time_us,
        text=item["comment"]["S"],
        time_raw=None if time == canonical else time,
    )


def begin(*, segments: int = 3, way: Way = Way.SCAN) -> Run:
    return runs.start(segments=segments, actor="test", way=way)


def finish(run: Run) -> Run:
    """Work on whatever waits until nothing does, as workers would, but without the pauses."""
    while waiting := list(run.segments.filter(state=SegmentState.PENDING)):
        for segment in waiting:
            work(segment.pk)
    return runs.close_if_done(run.pk)


def accounts(run: Run) -> tuple[int, int, int, int]:
    """read, written, quarantined, skipped; each segment balances by itself."""
    for segment in run.segments.all():
        assert segment.read == segment.written + segment.quarantined + segment.skipped, segment
    now = progress(run)
    assert now.balanced
    return now.read, now.written, now.quarantined, now.skipped


def only_segment(run: Run) -> Segment:
    return run.segments.get()


def in_quarantine() -> list[str]:
    return sorted(QuarantinedItem.objects.values_list("code", flat=True))


def target_complete() -> bool:
    return StoreState.objects.get(store="scylla-room").complete
