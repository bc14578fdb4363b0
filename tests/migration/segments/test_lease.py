"""Leases: one worker at a time, and none that lost its lease changes anything (protocol C1)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from migration.enums import SegmentState
from migration.exceptions import LostLease
from migration.models import Segment
from migration.segments import lease
from migration.segments.lease import Counts, Lease, Pulse, claim, fail, finish, release, save
from migration.segments.sweep import requeue


def claimed(segment: Segment) -> Lease:
    found = claim(segment.pk)
    assert found is not None
    return found


def taken_over(segment: Segment) -> Lease:
    """A sweeper gives the segment back, and another worker claims it."""
    segment.refresh_from_db()
    assert requeue(segment)
    return claimed(segment)


def test_only_one_of_two_workers_gets_the_segment(segment: Segment) -> None:
    assert claimed(segment).fence == 1
    assert claim(segment.pk) is None


def test_a_segment_that_is_not_there_is_not_claimed(control: Path) -> None:
    assert claim(4711) is None


def test_a_claim_that_was_overtaken_between_look_and_update_fails(
    segment: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_worker_claims(name: str) -> int:
        Segment.objects.filter(pk=segment.pk).update(fence=7)
        return 1

    # Evaluated after the look and before the update.
    monkeypatch.setattr(lease, "F", other_worker_claims)
    assert claim(segment.pk) is None


def test_each_claim_has_a_higher_token(segment: Segment) -> None:
    assert [claimed(segment).fence, taken_over(segment).fence, taken_over(segment).fence] == [1, 2, 3]


def test_a_saved_page_moves_cursor_counts_and_beats_together(segment: Segment) -> None:
    mine = claimed(segment)
    save(mine, cursor="one", counts=Counts(read=9, written=5, quarantined=3, skipped=1))
    save(mine, cursor="two", counts=Counts(read=1, written=1))
    segment.refresh_from_db()
    assert segment.cursor == "two"
    assert (segment.read, segment.written, segment.quarantined, segment.skipped) == (10, 6, 3, 1)
    assert segment.beats == 3


CHANGES: dict[str, Callable[[Lease], object]] = {
    "save": lambda lease: save(lease, cursor="stolen", counts=Counts(read=5, written=5)),
    "finish": finish,
    "release": release,
    "fail": lambda lease: fail(lease, "no"),
    "pulse": lambda lease: Pulse(lease)(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_old_token_changes_nothing(
    segment: Segment, change: Callable[[Lease], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "SHOW_SECONDS", 0.0)
    old = claimed(segment)
    save(old, cursor="mine", counts=Counts(read=1, written=1))
    taken_over(segment)
    before = Segment.objects.values().get(pk=segment.pk)
    with pytest.raises(LostLease, match="fence 1 is old"):
        change(old)
    assert Segment.objects.values().get(pk=segment.pk) == before


def test_a_finished_segment_is_changed_no_more(segment: Segment) -> None:
    mine = claimed(segment)
    finish(mine, result={"compared": 3})
    with pytest.raises(LostLease):
        save(mine, cursor="late", counts=Counts(read=1, written=1))
    segment.refresh_from_db()
    assert (segment.state, segment.result, segment.read) == (SegmentState.DONE, {"compared": 3}, 0)


def test_a_segment_that_fails_five_times_in_a_row_is_set_aside(segment: Segment) -> None:
    pauses = [fail(claimed(segment), f"attempt {number}") for number in range(1, 6)]
    assert pauses == [1.0, 3.0, 6.0, 12.0, None]
    segment.refresh_from_db()
    assert (segment.state, segment.attempts, segment.error) == (SegmentState.FAILED, 5, "attempt 5")
    assert claim(segment.pk) is None


def test_an_error_is_kept_as_any_database_can_hold_it(segment: Segment) -> None:
    fail(claimed(segment), "no place for 'half \ud800' and 'nul\0', nor for anything so long" + "g" * 1000)
    segment.refresh_from_db()
    assert segment.error.startswith("no place for 'half \\ud800' and 'nul\\x00', nor")
    assert len(segment.error) == 500


def test_a_saved_page_starts_the_count_of_attempts_anew(segment: Segment) -> None:
    for _ in range(2 * lease.MAX_ATTEMPTS):
        mine = claimed(segment)
        save(mine, cursor="on", counts=Counts(read=1, written=1))
        assert fail(mine, "throttled") == 1.0
    segment.refresh_from_db()
    assert (segment.state, segment.attempts) == (SegmentState.PENDING, 1)


def test_a_pulse_writes_now_and_then_only(segment: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(lease, "monotonic", lambda: now)
    pulse = Pulse(claimed(segment), shown=now)
    seen = []
    for second in (1, 4, 5, 6, 9, 10):
        now = 100.0 + second
        pulse()
        segment.refresh_from_db()
        seen.append(segment.beats)
    assert seen == [1, 1, 2, 2, 2, 3]
