"""Segments of dead workers come back, judged by the observer's own clock alone (protocol T7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from migration.enums import RunKind, RunState, SegmentState
from migration.models import Run, Segment
from migration.segments import sweep
from migration.segments.lease import MAX_ATTEMPTS, Counts, Lease, claim, save
from migration.segments.sweep import LEASE_SECONDS, Observer, requeue, waiting

At = Callable[[float], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """Sets this observer's monotonic clock."""
    return lambda seconds: monkeypatch.setattr(sweep, "monotonic", lambda: seconds)


@pytest.fixture
def lease(segment: Segment) -> Lease:
    found = claim(segment.pk)
    assert found is not None
    return found


def test_a_lease_expires_when_its_counter_stood_still_for_its_length(segment: Segment, lease: Lease, at: At) -> None:
    observer = Observer()
    found = {}
    for seconds in (1000.0, 1010.0, 1000.0 + LEASE_SECONDS - 0.1, 1000.0 + LEASE_SECONDS):
        at(seconds)
        found[seconds] = [expired.pk for expired in observer.expired()]
    assert found == {1000.0: [], 1010.0: [], 1029.9: [], 1030.0: [segment.pk]}


def test_a_counter_that_moves_keeps_the_lease(lease: Lease, at: At) -> None:
    observer = Observer()
    for step in range(10):
        at(1000.0 + step * (LEASE_SECONDS - 1))
        assert observer.expired() == []
        save(lease, cursor=str(step), counts=Counts(read=1, written=1))


def test_an_observer_that_has_just_begun_to_look_waits_the_whole_length(segment: Segment, lease: Lease, at: At) -> None:
    at(5000.0)
    assert Observer().expired() == []


def test_a_new_claim_is_a_new_lease_even_with_the_same_count_of_beats(segment: Segment, lease: Lease, at: At) -> None:
    observer = Observer()
    at(1000.0)
    observer.expired()
    Segment.objects.filter(pk=segment.pk).update(fence=lease.fence + 1)
    at(1000.0 + LEASE_SECONDS)
    assert observer.expired() == []


def test_a_worker_that_shows_life_after_all_keeps_its_segment(segment: Segment, lease: Lease) -> None:
    segment.refresh_from_db()
    save(lease, cursor="alive", counts=Counts())
    assert requeue(segment) is False
    segment.refresh_from_db()
    assert (segment.state, segment.attempts) == (SegmentState.LEASED, 0)


def test_a_segment_that_kills_each_of_its_workers_is_set_aside(segment: Segment) -> None:
    states = []
    for _ in range(MAX_ATTEMPTS):
        claim(segment.pk)
        segment.refresh_from_db()
        assert requeue(segment)
        segment.refresh_from_db()
        states.append(segment.state)
    assert states == ["pending"] * (MAX_ATTEMPTS - 1) + ["failed"]
    assert segment.error == "its worker died, or hung"


def test_waiting_are_the_segments_of_unfinished_runs_of_that_kind(run: Run, segment: Segment) -> None:
    claim(Segment.objects.create(run=run, number=1).pk)
    Segment.objects.create(run=run, number=2, state=SegmentState.DONE)
    closed = Run.objects.create(
        kind=RunKind.BACKFILL, state=RunState.FAILED, source="dynamodb", target="scylla-room", epoch=2
    )
    Segment.objects.create(run=closed, number=0)
    assert [found.pk for found in waiting(RunKind.BACKFILL)] == [segment.pk]
    assert not waiting(RunKind.PARITY).exists()
