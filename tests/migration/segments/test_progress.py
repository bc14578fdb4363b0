"""Progress and accounts of a run, from its rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from migration.enums import SegmentState
from migration.models import Run, Segment
from migration.segments.progress import progress, trouble


def seconds_ago(run: Run, seconds: float) -> None:
    Run.objects.filter(pk=run.pk).update(started_at=timezone.now() - timedelta(seconds=seconds))
    run.refresh_from_db()


def test_it_sums_the_segments_and_tells_rate_and_time_left(run: Run) -> None:
    Segment.objects.create(run=run, number=0, state=SegmentState.DONE, read=30, written=25, quarantined=4, skipped=1)
    Segment.objects.create(run=run, number=1, state=SegmentState.LEASED, read=10, written=10)
    seconds_ago(run, 4)
    now = progress(run)
    assert (now.read, now.written, now.quarantined, now.skipped, now.balanced) == (40, 35, 4, 1, True)
    assert now.seconds == pytest.approx(4, abs=1)
    assert now.rows_per_s == pytest.approx(10, rel=0.3)
    assert now.eta_seconds == pytest.approx(6, rel=0.4)
    assert now.segments == {"pending": 0, "leased": 1, "done": 1, "failed": 0, "cancelled": 0}
    assert now.as_json()["balanced"] is True


def test_a_run_without_a_segment_has_read_nothing(run: Run) -> None:
    now = progress(run)
    assert (now.read, now.balanced, now.rows_per_s, now.eta_seconds) == (0, True, 0.0, None)


def test_a_table_that_grew_beyond_its_statistics_has_no_time_left(run: Run) -> None:
    Segment.objects.create(run=run, number=0, read=200, written=200)
    seconds_ago(run, 2)
    assert progress(run).eta_seconds == 0.0


def test_where_nothing_tells_how_much_there_is_the_time_left_is_unknown(run: Run) -> None:
    Run.objects.update(expected=0)
    Segment.objects.create(run=run, number=0, read=200, written=200)
    seconds_ago(run, 2)
    assert (progress(run).rows_per_s > 0, progress(run).eta_seconds) == (True, None)


def test_errors_of_two_segments_that_make_up_for_each_other_do_not_balance(run: Run) -> None:
    Segment.objects.create(run=run, number=0, read=5, written=4)
    Segment.objects.create(run=run, number=1, read=5, written=6)
    now = progress(run)
    assert (now.read, now.written, now.balanced) == (10, 10, False)


def test_trouble_names_how_many_failed_and_why_the_first_one_did(run: Run) -> None:
    assert trouble(run) == ""
    Segment.objects.create(run=run, number=0, state=SegmentState.DONE)
    Segment.objects.create(run=run, number=2, state=SegmentState.FAILED, error="second")
    Segment.objects.create(run=run, number=1, state=SegmentState.FAILED, error="scylla-room: away")
    assert trouble(run) == "2 of 3 failed for good, the first is segment 1: scylla-room: away"
    Segment.objects.filter(number=1).update(label="café")
    assert "the first is room 'café'" in trouble(run)
