"""The source filled up again from the target: conditional, so that nothing is overwritten (protocol W7, F2)."""

from __future__ import annotations

from typing import Any

import pytest

from chat.data import Comment, Endpoint
from chat.exceptions import OutcomeUnknown
from chat.stores.base import Store
from migration.apply.writer import write_many
from migration.backfill import ranges, reversing, runs
from migration.backfill.working import work
from migration.enums import DebtState, Phase, RunState, SegmentState, Way
from migration.exceptions import Refused
from migration.models import Debt, Rollout, Route, Run, Segment, StoreState
from migration.parity import runs as parity
from migration.segments.sweep import requeue
from tests.migration.backfill import copying
from tests.migration.bed import OLD_US, Bed, comment

STOPPED_US = OLD_US + 100_000_000 + runs.MARGIN_US
"""An hour after the hundredth second: from there on the source misses something."""


@pytest.fixture(autouse=True)
def mirror_on_again(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes were decommissioned and rolled back to cutover: the target decides, the source mirrors but has a gap."""
    Route.objects.filter(endpoint=Endpoint.POST_COMMENT).update(
        phase=Phase.CUTOVER, write_flag="target+mirror", version=5
    )
    Rollout.objects.update(epoch=5)
    stopped = {"voided_by": "epoch 4 stopped writing it", "epoch": 4, "stopped_us": STOPPED_US}
    StoreState.objects.filter(store="dynamodb").update(complete=False, evidence=stopped)
    StoreState.objects.filter(store="scylla-room").update(complete=True)
    monkeypatch.setattr(ranges, "PAGE_ROWS", 20)


@pytest.fixture
def gap(bed: Bed) -> list[Comment]:
    """120 comments of which the source lost the last twenty, from the hundredth second on."""
    found = [comment(number, room=f"room {number % 4}") for number in range(120)]
    bed.target.upsert_many(found)
    bed.seed_source(found[:100])
    return found


def begin(*, segments: int = 2) -> Run:
    return copying.begin(segments=segments, way=Way.REVERSE)


def source_rows(bed: Bed) -> set[Comment]:
    return {copying.row_of(item) for item in bed.items()}


def source_complete() -> bool:
    return StoreState.objects.get(store="dynamodb").complete


def compare(bed: Bed, *, room: str | None = None) -> Run:
    run = parity.start(actor="test", room=room)
    for segment in run.segments.all():
        parity.work(segment.pk)
    return parity.close_if_done(run.pk)


def test_only_what_is_younger_than_an_hour_before_the_stop_is_read(bed: Bed, gap: list[Comment]) -> None:
    run = begin()
    assert (run.source, run.target, run.from_us) == ("scylla-room", "dynamodb", OLD_US + 100_000_000)
    done = copying.finish(run)
    assert (done.state, done.error) == (RunState.DONE, "")
    assert copying.accounts(done) == (20, 20, 0, 0)
    assert source_rows(bed) == set(gap)
    assert not Debt.objects.exists()


def test_without_a_known_stop_everything_is_read_and_a_second_run_changes_nothing(bed: Bed, gap: list[Comment]) -> None:
    StoreState.objects.filter(store="dynamodb").update(evidence={})
    for _ in range(2):
        done = copying.finish(begin())
        assert copying.accounts(done) == (120, 120, 0, 0)
        assert source_rows(bed) == set(gap)


def test_the_source_is_complete_only_after_a_whole_clean_parity_that_began_later(bed: Bed, gap: list[Comment]) -> None:
    early = parity.start(actor="test")
    copying.finish(begin())
    assert not source_complete()
    for segment in early.segments.all():
        parity.work(segment.pk)
    assert parity.totals(parity.close_if_done(early.pk))["clean"]
    assert not source_complete(), "it began before the backfill ended"
    assert parity.totals(compare(bed, room="room 1"))["clean"]
    assert not source_complete(), "one room proves nothing of the others"
    assert parity.totals(compare(bed))["clean"]
    assert source_complete()


def test_a_parity_that_finds_a_difference_does_not_complete_it(bed: Bed, gap: list[Comment]) -> None:
    copying.finish(begin())
    bed.target.upsert_many([comment(7, room="born later")])
    assert not parity.totals(compare(bed))["clean"]
    assert not source_complete()


def test_a_differing_item_is_a_debt_for_the_operator_and_never_overwritten(bed: Bed, gap: list[Comment]) -> None:
    theirs = comment(110, room="room 2", text="somebody else's")
    elsewhere = comment(111, room="another room")
    bed.seed_source([theirs, elsewhere])
    done = copying.finish(begin())
    assert copying.accounts(done) == (20, 18, 0, 2)
    assert source_rows(bed) == {*gap, theirs, elsewhere} - {gap[110], gap[111]}
    debts = Debt.objects.order_by("time_us")
    assert [(debt.comment, debt.holder, debt.owed, debt.state) for debt in debts] == [
        (gap[110], "scylla-room", "dynamodb", DebtState.CONFLICT),
        (gap[111], "scylla-room", "dynamodb", DebtState.CONFLICT),
    ]
    assert "another comment sits under ('ann'" in debts[0].last_error
    # Another run meets the same two: no second entry, and what a person gave up stays given up.
    Debt.objects.filter(pk=debts[0].pk).update(state=DebtState.WAIVED)
    copying.finish(begin())
    assert sorted(Debt.objects.values_list("state", flat=True)) == ["conflict", "waived"]


@pytest.mark.parametrize("before", [True, False], ids=["crash before the write", "crash after the write"])
def test_a_crash_between_two_pages_counts_nothing_twice(
    bed: Bed, gap: list[Comment], monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    monkeypatch.setattr(ranges, "PAGE_ROWS", 6)
    pages: list[int] = []

    def crashing(store: Store, comments: list[Comment], **options: Any) -> None:
        pages.append(len(comments))
        if len(pages) == 2 and before:
            raise KeyboardInterrupt
        write_many(store, comments, **options)
        if len(pages) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(reversing, "write_many", crashing)
    run = begin(segments=1)
    with pytest.raises(KeyboardInterrupt):
        work(copying.only_segment(run).pk)
    assert copying.only_segment(run).read == pages[0]
    done = copying.finish(run)
    assert copying.accounts(done) == (20, 20, 0, 0)
    assert source_rows(bed) == set(gap)


def test_two_workers_on_one_segment_put_each_comment_once_and_count_it_once(
    bed: Bed, gap: list[Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "PAGE_ROWS", 6)
    run = begin(segments=1)
    segment = copying.only_segment(run)
    pages: list[int] = []

    def overtaken(store: Store, comments: list[Comment], **options: Any) -> None:
        pages.append(len(comments))
        if len(pages) == 2:
            segment.refresh_from_db()
            requeue(segment)
            assert work(segment.pk) is None
            assert Segment.objects.get().state == SegmentState.DONE
        write_many(store, comments, **options)

    monkeypatch.setattr(reversing, "write_many", overtaken)
    assert work(segment.pk) is None
    assert copying.accounts(runs.close_if_done(run.pk)) == (20, 20, 0, 0)
    assert source_rows(bed) == set(gap)


def test_a_put_whose_answer_was_lost_is_no_conflict(
    bed: Bed, gap: list[Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole page arrived, but nobody said so: it is put again, and meets itself."""
    monkeypatch.setattr("migration.apply.writer.RETRY_PAUSES", (0.0, 0.0))
    store: Any = bed.source
    put = store.upsert_many
    lost: list[int] = []

    def unanswered(comments: list[Comment]) -> None:
        put(comments)
        if not lost:
            lost.append(len(comments))
            raise OutcomeUnknown("dynamodb", "the answer was lost")

    monkeypatch.setattr(store, "upsert_many", unanswered)
    done = copying.finish(begin())
    assert lost
    assert copying.accounts(done) == (20, 20, 0, 0)
    assert not Debt.objects.exists()


@pytest.mark.parametrize(
    ("phase", "flag"), [("dual", "source+mirror"), ("decommission", "target"), ("legacy", "source")]
)
def test_it_is_refused_unless_the_target_decides_and_the_source_mirrors(bed: Bed, phase: str, flag: str) -> None:
    Route.objects.filter(endpoint="post_comment").update(phase=phase, write_flag=flag)
    with pytest.raises(Refused, match=f"post_comment is in {phase}"):
        begin()
    assert not Run.objects.exists()


def test_a_source_voided_once_more_during_the_run_is_not_filled(bed: Bed, gap: list[Comment]) -> None:
    run = begin()
    StoreState.objects.filter(store="dynamodb").update(evidence={"voided_by": "epoch 7 stopped writing it", "epoch": 7})
    done = copying.finish(run)
    assert done.state == RunState.FAILED
    assert done.error.startswith("writes stopped being mirrored to dynamodb meanwhile")
