"""One attempt at a segment leaves its row as the next worker needs it, however the attempt ends."""

from __future__ import annotations

import pytest

from chat.exceptions import StoreRefused, StoreUnavailable
from migration.enums import SegmentState
from migration.models import Rollout, Segment
from migration.segments.attempt import FROZEN_SECONDS, attempt
from migration.segments.lease import Counts, Lease, claim, finish, save
from migration.segments.sweep import requeue


def state_of(segment: Segment) -> tuple[str, int, str]:
    segment.refresh_from_db()
    return segment.state, segment.attempts, segment.error


def test_a_walk_to_the_end_is_not_queued_again(segment: Segment) -> None:
    def walk(found: Segment, lease: Lease) -> bool:
        assert found.run.target == "scylla-room"
        finish(lease)
        return True

    assert attempt(segment.pk, walk) is None
    assert state_of(segment) == (SegmentState.DONE, 0, "")


def test_a_walk_whose_time_is_up_is_queued_again_at_once(segment: Segment) -> None:
    assert attempt(segment.pk, lambda found, lease: False) == 0.0
    assert state_of(segment) == (SegmentState.PENDING, 0, "")


def test_a_segment_somebody_else_has_is_left_alone(segment: Segment) -> None:
    claim(segment.pk)

    def walk(found: Segment, lease: Lease) -> bool:
        raise AssertionError("not ours")

    assert attempt(segment.pk, walk) is None
    assert state_of(segment) == (SegmentState.LEASED, 0, "")


@pytest.mark.parametrize("error", [StoreUnavailable("dynamodb", "away"), StoreRefused("dynamodb", "away")])
def test_a_store_that_fails_is_tried_again_after_a_pause_five_times_in_all(segment: Segment, error: Exception) -> None:
    def walk(found: Segment, lease: Lease) -> bool:
        raise error

    pauses = [attempt(segment.pk, walk) for _ in range(5)]
    assert pauses == [1.0, 3.0, 6.0, 12.0, None]
    assert state_of(segment) == (SegmentState.FAILED, 5, "dynamodb: away")
    assert attempt(segment.pk, walk) is None


def test_a_fault_of_ours_is_counted_and_raised(segment: Segment) -> None:
    def walk(found: Segment, lease: Lease) -> bool:
        raise KeyError("S")

    with pytest.raises(KeyError):
        attempt(segment.pk, walk)
    assert state_of(segment) == (SegmentState.PENDING, 1, "KeyError: 'S'")


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_walk_gives_the_segment_back_where_it_was(
    segment: Segment, interruption: type[BaseException]
) -> None:
    def walk(found: Segment, lease: Lease) -> bool:
        save(lease, cursor="here", counts=Counts(read=3, written=3))
        raise interruption

    with pytest.raises(interruption):
        attempt(segment.pk, walk)
    assert state_of(segment) == (SegmentState.PENDING, 0, "")
    assert (segment.cursor, segment.read) == ("here", 3)


@pytest.mark.parametrize("ending", ["saves", "fails", "is interrupted", "runs out of time"])
def test_a_worker_that_was_taken_over_ends_without_a_trace(segment: Segment, ending: str) -> None:
    def walk(found: Segment, lease: Lease) -> bool:
        found.refresh_from_db()
        requeue(found)
        claim(found.pk)
        if ending == "saves":
            save(lease, cursor="stolen", counts=Counts(read=9, written=9))
        if ending == "fails":
            raise StoreUnavailable("dynamodb", "away")
        if ending == "is interrupted":
            raise KeyboardInterrupt
        return False

    assert attempt(segment.pk, walk) is None
    assert state_of(segment)[:2] == (SegmentState.LEASED, 1)
    assert (segment.fence, segment.cursor, segment.read) == (2, None, 0)


def test_nothing_is_begun_while_the_rollout_is_frozen(segment: Segment) -> None:
    def walk(found: Segment, lease: Lease) -> bool:
        raise AssertionError("frozen")

    Rollout.objects.update(frozen=True, frozen_by="ann", frozen_reason="audit")
    assert attempt(segment.pk, walk) == FROZEN_SECONDS
    assert state_of(segment) == (SegmentState.PENDING, 0, "")


def test_a_freeze_in_the_middle_gives_the_segment_back_for_later(segment: Segment) -> None:
    def walk(found: Segment, lease: Lease) -> bool:
        Rollout.objects.update(frozen=True, frozen_by="ann", frozen_reason="audit")
        return False

    assert attempt(segment.pk, walk) == FROZEN_SECONDS
    assert state_of(segment) == (SegmentState.PENDING, 0, "")
