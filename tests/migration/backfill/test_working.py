"""A backfill of a real, awkward table: every item is written or kept aside, once, whatever happens meanwhile."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from chat.codec.faults import FaultCode
from chat.data import Comment
from chat.exceptions import StoreRefused
from chat.routing.router import Router
from chat.stores.base import Store
from chat.stores.registry import open_store
from migration.apply.writer import write_many
from migration.backfill import copiers, runs, working
from migration.backfill.mapping import Mapped, map_page
from migration.backfill.scanning import ScanPage, SegmentScan
from migration.backfill.working import pages_ahead, work
from migration.enums import RunState, SegmentState
from migration.flags.policy import make_policy
from migration.models import QuarantinedItem, Segment
from migration.segments import lease
from migration.segments.lease import claim
from migration.segments.sweep import requeue
from tests.migration.backfill import copying
from tests.migration.bed import Bed, comment
from tests.migration.debts import LedgerOnly

pytestmark = pytest.mark.usefixtures("mirrored")


def take_over(segment: Segment) -> None:
    """What a sweeper and another worker do when a worker shows no life."""
    segment.refresh_from_db()
    assert requeue(segment)
    assert claim(segment.pk) is not None


@pytest.mark.usefixtures("small_pages")
def test_an_awkward_table_is_copied_whole_and_a_second_run_changes_nothing(bed: Bed) -> None:
    odd = copying.awkward()
    bed.seed_source(copying.ordinary())
    bed.put_items([dict(one.item) for one in odd])
    faults = Counter(one.code.value for one in odd if isinstance(one.code, FaultCode))
    items = 400 + len(odd)
    for _ in range(2):
        done = copying.finish(copying.begin())
        assert (done.state, done.error) == (RunState.DONE, "")
        assert copying.accounts(done) == (items, items - faults.total(), faults.total(), 0)
        assert bed.rows() == {*copying.ordinary(), *copying.mapped(odd)}
        assert Counter(copying.in_quarantine()) == faults
        assert set(QuarantinedItem.objects.values_list("run", flat=True)) == {done.pk}
    kept = {
        json.dumps(json.loads(text), sort_keys=True) for text in QuarantinedItem.objects.values_list("item", flat=True)
    }
    assert len(kept) == faults.total()
    assert copying.target_complete()


@pytest.mark.usefixtures("small_pages")
def test_nul_and_lone_surrogates_in_keys_do_not_stop_a_scan(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them ends a page once, so each goes through the cursor."""
    names = ["nul\x00inside", "\x00", "half \ud800", "\udfff", "é\u0301", "😀", '"\\\n']
    bed.put_items(
        {
            "name": {"S": name},
            "time": {"S": f"160000000{number}.5"},
            "comment": {"S": f"hé\x00 {number}"},
            "chat_room": {"S": "nul\x00room"},
        }
        for name in names
        for number in range(3)
    )
    monkeypatch.setattr("migration.backfill.scanning.PAGE_ITEMS", 1)
    run = copying.begin(segments=1)
    segment = copying.only_segment(run)
    while work(segment.pk, budget=0.0) is not None:
        segment.refresh_from_db()
        # PostgreSQL's JSON refuses both, so neither may be in the column as an escape of its own.
        stored = json.dumps(segment.cursor)
        assert "\\u0000" not in stored.replace("\\\\", "")
        assert "\\ud800" not in stored.replace("\\\\", "")
    done = runs.close_if_done(run.pk)
    assert copying.accounts(done) == (21, 15, 6, 0)
    assert copying.in_quarantine() == ["text_unstorable"] * 6
    assert {row.name for row in bed.rows()} == {*names[:2], *names[4:]}
    assert {row.room for row in bed.rows()} == {"nul\x00room"}


@pytest.mark.usefixtures("single_items")
@pytest.mark.parametrize("budget", [60.0, 0.0], ids=["page edge", "resume"])
def test_spellings_of_one_instant_collide_across_a_page_edge_and_a_resume(bed: Bed, budget: float) -> None:
    """Each item is a page of its own; without a budget each page is a task of its own as well."""
    spellings = ["1600000000", "1600000000.0", "1600000000.00 ", "1600000000.000"]
    bed.put_items(
        {"name": {"S": "ann"}, "time": {"S": time}, "comment": {"S": time}, "chat_room": {"S": "chat"}}
        for time in spellings
    )
    run = copying.begin(segments=1)
    tasks = 1
    while work(copying.only_segment(run).pk, budget=budget) is not None:
        tasks += 1
    assert copying.accounts(runs.close_if_done(run.pk)) == (4, 1, 3, 0)
    assert bed.rows() == {Comment("chat", "ann", 1_600_000_000_000_000, "1600000000", "1600000000")}
    kept = dict(QuarantinedItem.objects.values_list("time", "code"))
    assert kept == {
        "1600000000.0": "key_collision",
        "1600000000.00 ": "time_blanks",
        "1600000000.000": "key_collision",
    }
    assert tasks == (1 if budget else 5)


@pytest.mark.usefixtures("small_pages")
def test_a_worker_taken_over_between_write_and_save_counts_nothing(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    bed.seed_source(copying.ordinary())
    run = copying.begin(segments=1)
    segment = copying.only_segment(run)
    pages: list[int] = []

    def overtaken(store: Store, comments: list[Comment], **options: Any) -> None:
        write_many(store, comments, **options)
        pages.append(len(comments))
        if len(pages) == 3:
            take_over(segment)

    monkeypatch.setattr(copiers, "write_many", overtaken)
    assert work(segment.pk) is None
    segment.refresh_from_db()
    assert (segment.state, segment.fence, segment.read) == (SegmentState.LEASED, 2, sum(pages[:2]))
    requeue(segment)
    monkeypatch.setattr(copiers, "write_many", write_many)
    done = copying.finish(run)
    assert copying.accounts(done) == (400, 400, 0, 0)
    assert bed.rows() == set(copying.ordinary())


@pytest.mark.usefixtures("small_pages")
def test_two_workers_on_one_segment_count_each_item_once(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one takes over at the third page and works to the end, while the first one is about to save it."""
    bed.seed_source(copying.ordinary())
    odd = copying.awkward()
    bed.put_items([dict(one.item) for one in odd])
    run = copying.begin(segments=1)
    segment = copying.only_segment(run)
    pages: list[int] = []

    def overtaken(store: Store, comments: list[Comment], **options: Any) -> None:
        write_many(store, comments, **options)
        pages.append(len(comments))
        if len(pages) == 3:
            segment.refresh_from_db()
            requeue(segment)
            assert work(segment.pk) is None
            segment.refresh_from_db()
            assert segment.state == SegmentState.DONE

    monkeypatch.setattr(copiers, "write_many", overtaken)
    assert work(segment.pk) is None
    done = runs.close_if_done(run.pk)
    faults = sum(isinstance(one.code, FaultCode) for one in odd)
    assert copying.accounts(done) == (400 + len(odd), 400 + len(odd) - faults, faults, 0)
    assert QuarantinedItem.objects.count() == faults


KILLED = """
import time
from migration.backfill import copiers, scanning, working

write, pages = copiers.write_many, []

def half_a_page(store, comments, **options):
    pages.append(comments)
    if len(pages) < 3:
        return write(store, comments, **options)
    write(store, comments[:10], **options)
    print("in the middle", flush=True)
    time.sleep(600)

scanning.PAGE_ITEMS = 25
copiers.write_many = half_a_page
working.work(int(sys.argv[1]))
"""


@pytest.mark.usefixtures("small_pages")
def test_a_worker_killed_in_the_middle_of_a_page_leaves_accounts_that_balance(bed: Bed) -> None:
    bed.seed_source(copying.ordinary())
    run = copying.begin(segments=1)
    segment = copying.only_segment(run)
    with bed.start(KILLED, str(segment.pk)) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "in the middle\n"
        worker.kill()
    segment.refresh_from_db()
    assert (segment.state, segment.read, segment.written) == (SegmentState.LEASED, 50, 50)
    assert len(bed.rows()) == 60
    assert work(segment.pk) is None, "a lease is not taken before it has run out"
    assert requeue(segment)
    done = copying.finish(run)
    assert (done.state, done.error) == (RunState.DONE, "")
    assert copying.accounts(done) == (400, 400, 0, 0)
    assert bed.rows() == set(copying.ordinary())


@pytest.mark.usefixtures("small_pages")
def test_a_failing_segment_is_set_aside_and_the_others_go_on(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    bed.seed_source(copying.ordinary())
    run = copying.begin(segments=3)
    page = SegmentScan.page

    def refused(scan: SegmentScan, after: Any) -> ScanPage:
        # An engine refuses a single segment only when it is ill: none does that on demand.
        if scan._segment == 1 and after is not None:
            raise StoreRefused("dynamodb", "this segment cannot be read")
        return page(scan, after)

    monkeypatch.setattr(SegmentScan, "page", refused)
    done = copying.finish(run)
    assert [segment.state for segment in run.segments.order_by("number")] == ["done", "failed", "done"]
    failed = run.segments.get(number=1)
    # The first attempt saved a page, which starts the count anew.
    assert (failed.attempts, failed.read) == (lease.MAX_ATTEMPTS, 25)
    assert done.state == RunState.FAILED
    assert done.error == (
        "1 of 3 failed for good, the first is segment 1: dynamodb: this segment cannot be read. "
        f"Mend that, then run `manage.py backfill resume {run.pk}`: it goes on where they stopped"
    )
    assert not copying.target_complete()
    monkeypatch.setattr(SegmentScan, "page", page)
    assert copying.finish(copying.begin(segments=3)).state == RunState.DONE
    assert copying.target_complete()


@pytest.mark.usefixtures("small_pages")
def test_comments_posted_between_the_pages_are_in_both_stores(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Posted through the router after their page was read, so that the copy itself never sees them."""
    bed.seed_source(copying.ordinary())
    policy = make_policy()
    router = Router(policy=policy, recorder=LedgerOnly(), open_store=open_store)
    posted: list[Comment] = []

    def map_and_post(items: list[dict[str, Any]], collisions: Any) -> Mapped:
        posted.append(router.post(room="chat", name="ann", text=f"live {len(posted)}").comment)
        return map_page(items, collisions)

    monkeypatch.setattr(copiers, "map_page", map_and_post)
    try:
        done = copying.finish(copying.begin(segments=1))
    finally:
        policy.close()
    assert done.state == RunState.DONE
    assert len(posted) >= 16
    assert bed.rows() == {*copying.ordinary(), *posted}
    assert {copying.row_of(item) for item in bed.items()} == bed.rows()
    assert copying.target_complete()


def test_a_page_is_read_ahead_while_the_one_before_is_worked_on() -> None:
    asked: list[Any] = []

    def read(after: Any) -> ScanPage:
        asked.append(after)
        number = 0 if after is None else after["page"]
        return ScanPage(items=[], next={"page": number + 1} if number < 2 else None)

    pages = pages_ahead(read, None)
    next(pages)
    # The reader's thread has been given the next page before this one is handed out.
    second = next(pages)
    assert second.next == {"page": 2}
    assert list(pages) == [ScanPage(items=[], next=None)]
    assert asked == [None, {"page": 1}, {"page": 2}]


def test_a_cursor_survives_its_column(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migration.backfill.scanning.PAGE_ITEMS", 2)
    bed.seed_source(comment(number) for number in range(5))
    segment = copying.only_segment(copying.begin(segments=1))
    assert work(segment.pk, budget=0.0) == 0.0
    segment.refresh_from_db()
    assert working.position(segment) == {
        "after": {"name": {"S": "ann"}, "time": {"S": comment(1).time}},
        "remembered": [["chat", "ann", comment(1).time]],
    }
