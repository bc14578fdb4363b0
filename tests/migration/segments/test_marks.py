"""The rate is that of the last minute, and falls when a run stands still."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from migration.models import Run, RunMark, Segment
from migration.segments.marks import KEPT_SECONDS, begin_anew, mark
from migration.segments.progress import progress


def ago(seconds: float, read: int, run: Run) -> None:
    RunMark.objects.create(run=run, at=timezone.now() - timedelta(seconds=seconds), read=read)


def test_an_hour_at_another_pace_says_nothing_about_the_last_minute(run: Run, segment: Segment) -> None:
    Run.objects.update(started_at=timezone.now() - timedelta(hours=1), expected=1_001_200)
    run.refresh_from_db()
    Segment.objects.update(read=1_000_600, written=1_000_600)
    for seconds, read in ((300, 900_000), (61, 1_000_000), (30, 1_000_300)):
        ago(seconds, read, run)
    now = progress(run)
    assert now.rows_per_s == pytest.approx(600 / 61, rel=0.05)
    assert now.eta_seconds == pytest.approx(61, rel=0.05)


def test_a_run_that_stands_still_shows_less_and_less(run: Run, segment: Segment) -> None:
    Segment.objects.update(read=1000, written=1000)
    ago(300, 0, run)
    ago(295, 1000, run)
    assert progress(run).rows_per_s == 0.0


def test_the_first_mark_keeps_the_begin(run: Run, segment: Segment) -> None:
    """Else the rate of the first minute would be measured over the seconds since that mark."""
    Run.objects.update(started_at=timezone.now() - timedelta(seconds=10))
    run.refresh_from_db()
    Segment.objects.update(read=100, written=100)
    mark(run)
    assert list(run.marks.order_by("at").values_list("read", flat=True)) == [0, 100]
    assert progress(run).rows_per_s == pytest.approx(10, rel=0.1)


def test_old_marks_are_dropped_and_a_new_pace_drops_them_all(run: Run, segment: Segment) -> None:
    ago(KEPT_SECONDS + 5, 1, run)
    ago(KEPT_SECONDS - 5, 2, run)
    mark(run)
    assert list(run.marks.order_by("at").values_list("read", flat=True)) == [2, 0]
    begin_anew(run)
    assert run.marks.get().read == 0
