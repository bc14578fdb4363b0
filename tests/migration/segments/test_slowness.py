"""The current reason for slowness, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from migration.enums import RunState, SegmentState
from migration.models import Run, Segment
from migration.segments.slowness import FRESH_SECONDS, slowness


@pytest.fixture
def said(run: Run, segment: Segment) -> Run:
    Segment.objects.update(state=SegmentState.LEASED)
    Run.objects.update(slow_because="throttled", slow_at=timezone.now())
    run.refresh_from_db()
    return run


def test_what_a_worker_said_just_now_counts(said: Run) -> None:
    assert slowness(said) == "throttled"


def test_what_a_worker_said_long_ago_does_not(said: Run) -> None:
    said.slow_at = timezone.now() - timedelta(seconds=FRESH_SECONDS + 1)
    assert slowness(said) == ""


def test_a_run_that_has_ended_is_not_slow(said: Run) -> None:
    said.state = RunState.DONE
    assert slowness(said) == ""


def test_segments_that_nobody_works_on_come_first(said: Run) -> None:
    Segment.objects.update(state=SegmentState.PENDING)
    assert slowness(said) == "no worker is at it just now"


def test_a_segment_that_keeps_failing_is_named(run: Run, segment: Segment) -> None:
    Segment.objects.update(state=SegmentState.LEASED, attempts=2, error="dynamodb: away")
    assert slowness(run) == "segment 0 failed 2 times since its last page: dynamodb: away"
