"""When a backfill may begin, and what it takes for its target to be complete afterwards (protocol F2)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from chat.data import Endpoint
from migration.backfill import runs
from migration.enums import HolderState, Phase, RunState, SegmentState
from migration.exceptions import Refused
from migration.models import AuditEvent, Holder, Rollout, Route, Run, Segment, StoreState
from migration.transitions.moving import carry_out
from migration.transitions.planning import Wish
from tests.migration.backfill import copying
from tests.migration.bed import Bed, comment, mirror_writes


def move(verb: str, to: Phase) -> None:
    carry_out(Wish(endpoint=Endpoint.POST_COMMENT, verb=verb, actor="test", reason="test", to=to), wait=2)


def holder(*, acked: int, state: HolderState = HolderState.LIVE) -> Holder:
    return Holder.objects.create(kind="web", host="elsewhere", pid=1, started=1, slot=7, acked_epoch=acked, state=state)


def refusal() -> str:
    before = Run.objects.count()
    with pytest.raises(Refused) as refused:
        copying.begin()
    assert Run.objects.count() == before
    return str(refused.value)


def test_a_run_begins_with_its_segments_waiting_and_is_on_record(mirrored: Bed) -> None:
    mirrored.seed_source([comment(1), comment(2)])
    run = runs.start(segments=5, actor="ann")
    assert (run.kind, run.state, run.source, run.target) == ("backfill", "running", "dynamodb", "scylla-room")
    assert (run.epoch, run.expected) == (2, 2)
    segments = run.segments.order_by("number").values_list("number", "state", "fence", "cursor")
    assert list(segments) == [(number, "pending", 0, None) for number in range(5)]
    event = AuditEvent.objects.get(action="backfill.start")
    assert (event.actor, event.subject, event.after) == (
        "ann",
        f"run {run.pk}",
        {"segments": 5, "epoch": 2, "source": "scan"},
    )


def test_a_backfill_is_refused_while_writes_are_not_mirrored(bed: Bed) -> None:
    assert "writes are not mirrored to scylla-room" in refusal()
    assert "route advance post_comment" in refusal()
    assert not Run.objects.exists()


def test_a_backfill_is_refused_until_every_live_process_mirrors(mirrored: Bed) -> None:
    late = holder(acked=1)
    assert refusal() == f"web {late.pk} (pid 1, slot 7) has not confirmed epoch 2 yet"
    Holder.objects.update(acked_epoch=2)
    copying.begin()


def test_processes_that_are_gone_are_not_waited_for(mirrored: Bed) -> None:
    holder(acked=1, state=HolderState.LEFT)
    copying.begin()


def test_a_second_backfill_beside_the_first_is_refused(mirrored: Bed) -> None:
    first = copying.begin()
    assert "a backfill is running" in refusal()
    copying.finish(first)
    copying.begin()


def test_of_two_starts_at_once_one_is_refused(mirrored: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are past everything but the transaction when either enters it."""
    together = Barrier(2, timeout=20)

    def expected_items() -> int:
        together.wait()
        return 0

    def start(number: int) -> str:
        try:
            return runs.start(segments=1, actor=f"actor {number}").state
        except Refused as refused:
            return str(refused)
        finally:
            connection.close()

    monkeypatch.setattr(runs, "expected_items", expected_items)
    with ThreadPoolExecutor(2) as pool:
        first, second = sorted(pool.map(start, range(2)))
    assert first.startswith("a backfill is running")
    assert second == "running"
    assert Run.objects.count() == 1


def test_a_run_is_closed_once_no_segment_is_left_and_only_then(mirrored: Bed) -> None:
    run = copying.begin(segments=2)
    first, second = run.segments.all()
    Segment.objects.filter(pk=first.pk).update(state=SegmentState.DONE)
    for state in (SegmentState.PENDING, SegmentState.LEASED):
        Segment.objects.filter(pk=second.pk).update(state=state)
        assert runs.close_if_done(run.pk).state == RunState.RUNNING
    Segment.objects.filter(pk=second.pk).update(state=SegmentState.DONE)
    closed = runs.close_if_done(run.pk)
    assert closed.state == RunState.DONE
    assert closed.finished_at is not None
    assert runs.close_if_done(run.pk).finished_at == closed.finished_at
    store = StoreState.objects.get(store="scylla-room")
    assert (store.complete, store.evidence) == (True, {"set_by": f"backfill {run.pk}", "epoch": 2})


def test_accounts_that_do_not_balance_cannot_turn_a_run_green(mirrored: Bed) -> None:
    mirrored.seed_source(comment(number, name=f"name {number}") for number in range(20))
    run = copying.begin(segments=2)
    # As if a page had been counted without being kept, and another one twice.
    Segment.objects.filter(run=run, number=0).update(read=3, written=2)
    Segment.objects.filter(run=run, number=1).update(read=3, written=4)
    done = copying.finish(run)
    assert done.state == RunState.FAILED
    assert done.error.startswith("accounts do not balance: read 26, but written 26,")
    assert not copying.target_complete()


def test_writes_that_stop_being_mirrored_meanwhile_void_the_run(bed: Bed) -> None:
    move("advance", Phase.DUAL)
    run = copying.begin()
    move("rollback", Phase.LEGACY)
    done = copying.finish(run)
    assert done.state == RunState.FAILED
    assert done.error == (
        "writes stopped being mirrored to scylla-room meanwhile, so it misses some: start a new backfill"
    )
    assert not copying.target_complete()


def test_writes_that_are_mirrored_again_do_not_mend_the_run(bed: Bed) -> None:
    """In between something may have been posted that neither the mirror nor the scan saw."""
    move("advance", Phase.DUAL)
    run = copying.begin()
    move("rollback", Phase.LEGACY)
    move("advance", Phase.DUAL)
    assert copying.finish(run).state == RunState.FAILED
    assert not copying.target_complete()
    assert copying.finish(copying.begin()).state == RunState.DONE
    assert copying.target_complete()


def test_a_target_that_was_complete_stays_so_when_a_later_run_fails(mirrored: Bed) -> None:
    copying.finish(copying.begin())
    again = copying.begin(segments=1)
    Segment.objects.filter(run=again).update(state=SegmentState.FAILED, error="away")
    assert runs.close_if_done(again.pk).state == RunState.FAILED
    assert copying.target_complete()


def test_after_the_authority_moved_the_target_is_still_written(mirrored: Bed) -> None:
    mirror_writes()
    run = copying.begin()
    Route.objects.filter(endpoint="post_comment").update(phase="cutover", write_flag="target+mirror")
    Rollout.objects.update(epoch=4)
    assert copying.finish(run).state == RunState.DONE
