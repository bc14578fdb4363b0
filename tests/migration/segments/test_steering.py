"""Pause, resume, cancel and limits: who wins of two at once, what is kept, and what is on record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from migration.enums import RunState, SegmentState
from migration.exceptions import LostLease, Refused
from migration.models import AuditEvent, Run, RunMark, Segment
from migration.segments import steering
from migration.segments.attempt import attempt
from migration.segments.lease import Counts, Lease, claim, fail, finish, release, save
from migration.segments.progress import progress


def state(run: Run) -> str:
    run.refresh_from_db()
    return run.state


def last_event() -> tuple[str, str, str]:
    event = AuditEvent.objects.latest("pk")
    return event.actor, event.action, event.reason


def test_no_worker_takes_a_segment_of_a_paused_run_until_it_is_resumed(run: Run, segment: Segment) -> None:
    steering.pause(run.pk, actor="ann", reason="lunch")
    assert (state(run), run.steered_by, run.steered_reason) == (RunState.PAUSED, "ann", "lunch")
    assert last_event() == ("ann", "backfill.pause", "lunch")
    assert claim(segment.pk) is None
    steering.resume(run.pk, actor="bob", reason="back")
    assert (state(run), run.paused_at) == (RunState.RUNNING, None)
    assert last_event() == ("bob", "backfill.resume", "back")
    assert claim(segment.pk) is not None


def test_a_worker_at_a_page_saves_it_and_is_not_queued_again(run: Run, segment: Segment) -> None:
    """The pause comes between the page's write and its save: the page is done, so it counts."""

    def walk(found: Segment, lease: Lease) -> bool:
        steering.pause(run.pk, actor="ann", reason="")
        save(lease, cursor="a", counts=Counts(read=2, written=2))
        return False

    assert attempt(segment.pk, walk) is None
    segment.refresh_from_db()
    assert (segment.state, segment.cursor, segment.read) == (SegmentState.PENDING, "a", 2)


def test_a_segment_that_ends_while_paused_stays_done(run: Run, segment: Segment) -> None:
    lease = claim(segment.pk)
    assert lease is not None
    steering.pause(run.pk, actor="ann", reason="")
    finish(lease)
    segment.refresh_from_db()
    assert segment.state == SegmentState.DONE


def test_of_two_who_pause_at_once_the_second_is_told(run: Run) -> None:
    steering.pause(run.pk, actor="ann", reason="")
    with pytest.raises(Refused, match="cannot pause run 1: it is paused"):
        steering.pause(run.pk, actor="bob", reason="")
    assert AuditEvent.objects.count() == 1


def test_after_a_cancel_nothing_of_a_worker_counts_any_more(run: Run, segment: Segment) -> None:
    """The cancel comes while a worker has written a page that it did not save yet (protocol C1)."""
    lease = claim(segment.pk)
    assert lease is not None
    save(lease, cursor="a", counts=Counts(read=3, written=2, quarantined=1))
    cancelled = steering.cancel(run.pk, actor="ann", reason="wrong table")
    assert cancelled.error == (
        "cancelled by ann (wrong table): read 3 = written 2 + quarantined 1 + skipped 0 until then"
    )
    with pytest.raises(LostLease):
        save(lease, cursor="b", counts=Counts(read=9, written=9))
    with pytest.raises(LostLease):
        finish(lease)
    with pytest.raises(LostLease):
        release(lease)
    with pytest.raises(LostLease):
        fail(lease, "late")
    segment.refresh_from_db()
    assert (segment.state, segment.read, segment.cursor) == (SegmentState.CANCELLED, 3, "a")
    assert AuditEvent.objects.latest("pk").after == {"state": "cancelled", "read": 3, "written": 2}


@pytest.mark.parametrize("over", [RunState.DONE, RunState.CANCELLED])
def test_what_has_ended_cannot_be_steered(run: Run, over: RunState) -> None:
    Run.objects.filter(pk=run.pk).update(state=over)
    for change in (steering.pause, steering.resume, steering.cancel):
        with pytest.raises(Refused):
            change(run.pk, actor="ann", reason="")
    with pytest.raises(Refused):
        steering.set_rate(run.pk, limits={"rows_per_second": 5}, actor="ann", reason="")
    assert state(run) == over
    assert not AuditEvent.objects.exists()


def test_resume_tries_again_what_was_set_aside_from_its_cursor(run: Run, segment: Segment) -> None:
    done = Segment.objects.create(run=run, number=1, state=SegmentState.DONE, read=5, written=5)
    Segment.objects.filter(pk=segment.pk).update(state=SegmentState.FAILED, attempts=5, error="away", cursor="a")
    Run.objects.filter(pk=run.pk).update(state=RunState.FAILED, finished_at=timezone.now(), error="1 of 2 failed")
    steering.resume(run.pk, actor="ann", reason="mended")
    segment.refresh_from_db()
    done.refresh_from_db()
    assert (segment.state, segment.attempts, segment.error, segment.cursor) == (SegmentState.PENDING, 0, "", "a")
    assert done.state == SegmentState.DONE
    assert (state(run), run.error, run.finished_at) == (RunState.RUNNING, "", None)
    assert AuditEvent.objects.latest("pk").after == {"state": "running", "tried_again": 1}


def test_a_run_that_failed_for_another_reason_is_not_taken_up_again(run: Run, segment: Segment) -> None:
    Segment.objects.update(state=SegmentState.DONE)
    Run.objects.update(state=RunState.FAILED, error="accounts do not balance")
    with pytest.raises(Refused, match="run 1 is failed: accounts do not balance"):
        steering.resume(run.pk, actor="ann", reason="")


def test_a_failed_run_is_not_taken_up_behind_a_newer_one(run: Run, segment: Segment) -> None:
    Segment.objects.update(state=SegmentState.FAILED)
    Run.objects.update(state=RunState.FAILED)
    Run.objects.create(kind=run.kind, source=run.source, target=run.target, epoch=2)
    with pytest.raises(Refused, match="a newer one was started since"):
        steering.resume(run.pk, actor="ann", reason="")


def test_limits_change_one_by_one_and_are_on_record(run: Run) -> None:
    steering.set_rate(run.pk, limits={"rows_per_second": 500}, actor="ann", reason="busy hour")
    steering.set_rate(run.pk, limits={"read_units_per_second": 40}, actor="ann", reason="")
    changed = steering.set_rate(run.pk, limits={"rows_per_second": None}, actor="bob", reason="")
    assert (changed.rows_per_second, changed.read_units_per_second) == (None, 40)
    event = AuditEvent.objects.latest("pk")
    assert (event.actor, event.action) == ("bob", "backfill.rate")
    assert event.before == {"rows_per_second": 500, "read_units_per_second": 40}
    assert event.after == {"rows_per_second": None, "read_units_per_second": 40}


def test_a_pause_counts_neither_as_work_nor_into_the_rate(run: Run, segment: Segment) -> None:
    """Ten seconds of work, an hour of pause, and the rate begins anew after it."""
    Segment.objects.update(read=50, written=50)
    began = timezone.now() - timedelta(seconds=3610)
    Run.objects.update(state=RunState.PAUSED, started_at=began, paused_at=began + timedelta(seconds=10))
    run.refresh_from_db()
    now = progress(run)
    assert now.seconds == pytest.approx(10, abs=0.1)
    assert (now.rows_per_s, now.eta_seconds) == (0.0, None)
    resumed = steering.resume(run.pk, actor="ann", reason="")
    assert progress(resumed).seconds == pytest.approx(10, abs=1)
    assert RunMark.objects.get().read == 50
    Segment.objects.update(read=70, written=70)
    RunMark.objects.update(at=timezone.now() - timedelta(seconds=4))
    assert progress(resumed).rows_per_s == pytest.approx(5, rel=0.2)
