"""Runs that are paused, limited, throttled, given up or taken up again, on the real engines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from chat.data import Comment
from chat.exceptions import StoreRefused, StoreThrottled
from chat.stores.base import Store
from migration.apply.writer import write_many
from migration.backfill import copiers, runs
from migration.backfill.scanning import ScanPage, SegmentScan
from migration.backfill.working import work
from migration.enums import RunState, SegmentState
from migration.models import Run, Segment
from migration.segments import pace, steering
from migration.segments.progress import progress
from tests.migration.backfill import copying
from tests.migration.bed import Bed

pytestmark = pytest.mark.usefixtures("mirrored", "small_pages")

Act = Callable[[], object]


@pytest.fixture
def table(bed: Bed) -> Bed:
    bed.seed_source(copying.ordinary())
    return bed


def at_page(monkeypatch: pytest.MonkeyPatch, number: int, act: Act) -> None:
    """`act` comes between the write of that page and its save."""
    pages: list[int] = []

    def acting(store: Store, comments: list[Comment], **options: Any) -> None:
        write_many(store, comments, **options)
        pages.append(len(comments))
        if len(pages) == number:
            act()

    monkeypatch.setattr(copiers, "write_many", acting)


def steer(run: Run, verb: str) -> Act:
    change: Callable[..., Run] = getattr(steering, verb)
    return lambda: change(run.pk, actor="ann", reason="test")


def test_a_pause_in_the_middle_keeps_the_page_under_way_and_resume_goes_on_behind_it(
    table: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = copying.begin(segments=1)
    at_page(monkeypatch, 3, steer(run, "pause"))
    assert work(copying.only_segment(run).pk) is None
    segment = copying.only_segment(run)
    assert (segment.state, segment.read, len(table.rows())) == (SegmentState.PENDING, 75, 75)
    assert work(segment.pk) is None
    assert runs.close_if_done(run.pk).state == RunState.PAUSED
    assert copying.only_segment(run).read == 75, "nobody works on a paused run"
    steering.resume(run.pk, actor="ann", reason="")
    done = copying.finish(run)
    assert (done.state, copying.accounts(done)) == (RunState.DONE, (400, 400, 0, 0))
    assert copying.target_complete()


def test_a_second_backfill_beside_a_paused_one_is_refused(table: Bed) -> None:
    run = copying.begin()
    steering.pause(run.pk, actor="ann", reason="")
    with pytest.raises(Exception, match="a backfill is running"):
        copying.begin()


def test_a_cancel_in_the_middle_is_final_and_says_what_was_copied(table: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page that was being saved is in the target, which is harmless, but not in the accounts."""
    run = copying.begin(segments=1)
    at_page(monkeypatch, 3, steer(run, "cancel"))
    assert work(copying.only_segment(run).pk) is None
    closed = runs.close_if_done(run.pk)
    assert closed.state == RunState.CANCELLED
    assert closed.error == "cancelled by ann (test): read 50 = written 50 + quarantined 0 + skipped 0 until then"
    assert (copying.accounts(closed), len(table.rows())) == ((50, 50, 0, 0), 75)
    assert not copying.target_complete()
    monkeypatch.setattr(copiers, "write_many", write_many)
    assert copying.finish(copying.begin()).state == RunState.DONE
    assert table.rows() == set(copying.ordinary())


def test_a_worker_taken_over_right_after_a_resume_counts_nothing(table: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paused, resumed and taken on by a second worker, all while the first one is at its page (protocol C1)."""
    run = copying.begin(segments=1)
    segment = copying.only_segment(run)

    def other_worker() -> None:
        steering.pause(run.pk, actor="ann", reason="")
        steering.resume(run.pk, actor="ann", reason="")
        Segment.objects.filter(pk=segment.pk).update(state=SegmentState.PENDING)
        assert work(segment.pk) is None

    at_page(monkeypatch, 2, other_worker)
    assert work(segment.pk) is None
    done = runs.close_if_done(run.pk)
    assert (done.state, copying.accounts(done)) == (RunState.DONE, (400, 400, 0, 0))


def test_a_segment_that_was_set_aside_is_tried_again_from_its_cursor(
    table: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = copying.begin(segments=3)
    page = SegmentScan.page

    def refused(scan: SegmentScan, after: Any) -> ScanPage:
        # An engine refuses a single segment only when it is ill: none does that on demand.
        if scan._segment == 1 and after is not None:
            raise StoreRefused("dynamodb", "this segment cannot be read")
        return page(scan, after)

    monkeypatch.setattr(SegmentScan, "page", refused)
    assert copying.finish(run).state == RunState.FAILED
    assert run.segments.get(number=1).read == 25
    monkeypatch.setattr(SegmentScan, "page", page)
    steering.resume(run.pk, actor="ann", reason="mended")
    done = copying.finish(run)
    assert (done.state, done.error, copying.accounts(done)) == (RunState.DONE, "", (400, 400, 0, 0))
    assert copying.target_complete()


@pytest.mark.parametrize("where", ["read", "write"])
def test_throttling_is_waited_out_however_often_and_is_no_failure(
    table: Bed, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Injected at the client's edge: DynamoDB Local never throttles. More often than a segment may fail."""
    monkeypatch.setattr(pace, "LONGEST_PAUSE", 0.02)
    throttled: list[str] = []
    page = SegmentScan.page

    def throttle() -> None:
        if len(throttled) < 12:
            throttled.append(where)
            raise StoreThrottled("dynamodb", "ProvisionedThroughputExceededException")

    def read(scan: SegmentScan, after: Any) -> ScanPage:
        if where == "read" and after is not None:
            throttle()
        return page(scan, after)

    def write(store: Store, comments: list[Comment], **options: Any) -> None:
        write_many(store, comments[: len(comments) // 2], **options)
        if where == "write":
            throttle()
        write_many(store, comments, **options)

    monkeypatch.setattr(SegmentScan, "page", read)
    monkeypatch.setattr(copiers, "write_many", write)
    run = copying.begin(segments=1)
    assert work(copying.only_segment(run).pk) is None
    assert len(throttled) == 12
    segment = copying.only_segment(run)
    assert (segment.state, segment.attempts, segment.fence) == (SegmentState.DONE, 0, 1)
    done = runs.close_if_done(run.pk)
    assert (done.state, copying.accounts(done)) == (RunState.DONE, (400, 400, 0, 0))


def test_spellings_that_were_fed_before_a_throttled_write_still_collide(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is mapped a second time: its collisions must come out the same."""
    spellings = ["1600000000", "1600000000.0", "1600000000.000"]
    bed.put_items(
        {"name": {"S": "ann"}, "time": {"S": text}, "comment": {"S": text}, "chat_room": {"S": "chat"}}
        for text in spellings
    )
    failed: list[int] = []

    def write(store: Store, comments: list[Comment], **options: Any) -> None:
        if not failed:
            failed.append(1)
            raise StoreThrottled("scylla-room", "slow down")
        write_many(store, comments, **options)

    monkeypatch.setattr(copiers, "write_many", write)
    done = copying.finish(copying.begin(segments=1))
    assert copying.accounts(done) == (3, 1, 2, 0)
    assert {row.text for row in bed.rows()} == {"1600000000"}


def test_two_workers_together_keep_to_one_limit_that_is_changed_while_they_run(table: Bed) -> None:
    """100 a second over both: two seconds are about 200, not 400; then without a limit the rest comes at once."""
    run = copying.begin(segments=2)
    steering.set_rate(run.pk, limits={"rows_per_second": 100}, actor="ann", reason="")

    def worker(segment_id: int) -> None:
        try:
            work(segment_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker, args=[segment.pk]) for segment in run.segments.all()]
    for thread in threads:
        thread.start()
    time.sleep(2.0)
    # Two pages of 25 may be under way beyond what was waited for.
    slow = progress(run).read
    steering.set_rate(run.pk, limits={"rows_per_second": None}, actor="ann", reason="")
    for thread in threads:
        thread.join(30)
    assert 50 <= slow <= 300
    done = runs.close_if_done(run.pk)
    assert (done.state, copying.accounts(done)) == (RunState.DONE, (400, 400, 0, 0))
    assert done.slow_because == ""
