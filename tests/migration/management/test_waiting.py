"""Work in this very process: fair to every segment, patient after a failure, and beside other workers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from migration.enums import RunKind, RunState, SegmentState
from migration.management import waiting
from migration.management.waiting import dispatch, work_inline
from migration.models import Run, Segment
from migration.segments.lease import claim, finish

CLOCK = "migration.management.waiting.time"


@pytest.fixture
def run(control: object) -> Run:
    run = Run.objects.create(kind=RunKind.PARITY, source="dynamodb", target="scylla-room", epoch=1)
    Segment.objects.bulk_create([Segment(run=run, number=number) for number in range(3)])
    return run


def numbered(segment_id: int) -> int:
    return Segment.objects.get(pk=segment_id).number


def done(segment_id: int) -> None:
    Segment.objects.filter(pk=segment_id).update(state=SegmentState.DONE)


def close(run_id: int) -> Run:
    run = Run.objects.get(pk=run_id)
    if not run.segments.exclude(state__in=[SegmentState.DONE, SegmentState.FAILED]).exists():
        run.state = RunState.DONE
        run.save()
    return run


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    # The module's own name for it: other threads sleep as well.
    monkeypatch.setattr(CLOCK, SimpleNamespace(sleep=slept.append))
    return slept


def test_a_segment_that_failed_waits_its_pause_and_comes_after_the_others(run: Run, slept: list[float]) -> None:
    worked: list[int] = []

    def work(segment_id: int) -> float | None:
        worked.append(numbered(segment_id))
        if worked == [0]:
            Segment.objects.filter(pk=segment_id).update(attempts=1)
            return 3.0
        done(segment_id)
        return None

    assert work_inline(run, work, close, lambda: None).state == RunState.DONE
    assert worked == [0, 1, 2, 0]
    assert slept == [3.0, 0.0, 0.0, 0.0]


def test_it_waits_for_what_another_worker_has(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    segments = list(run.segments.order_by("number"))
    theirs = claim(segments[1].pk)
    assert theirs is not None
    waited: list[float] = []

    def other_worker(seconds: float) -> None:
        if seconds == waiting.LOOK_SECONDS:
            waited.append(seconds)
            if len(waited) == 3:
                finish(theirs)

    monkeypatch.setattr(CLOCK, SimpleNamespace(sleep=other_worker))
    assert work_inline(run, done, close, lambda: None).state == RunState.DONE
    assert len(waited) == 3


def test_only_waiting_segments_are_woken(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = run.segments.order_by("number")
    claim(first.pk)
    done(second.pk)
    woken: list[tuple[list[int], RunKind]] = []
    # The broker's side of it is tests/migration/test_wakeups.py.
    monkeypatch.setattr(waiting, "wake", lambda segments, kind: woken.append((list(segments), kind)))
    dispatch(run)
    assert woken == [([third.pk], RunKind.PARITY)]
