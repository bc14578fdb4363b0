"""The end of a run and a death declared at that moment: whichever comes first, no store stays complete by mistake.

On PostgreSQL only those sessions wait for each other that lock the same rows; on SQLite all writers do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from migration.backfill import runs as backfills
from migration.enums import Phase, RunKind, RunState, SegmentState, Way
from migration.holders.declaring import declare_dead
from migration.models import Rollout, Run, Segment, StoreState
from migration.parity import runs as parities
from migration.segments.ending import is_over, lock_for_ending
from tests.migration.transitions.test_flip_races import TIME_FOR_OTHERS, Session
from tests.migration.vectors import holder, is_complete, rollout, stand

__all__ = ["rollout"]

STOPPED = {"voided_by": "epoch 1 stopped writing it", "epoch": 1, "stopped_us": 5}
Declare = Callable[[ModuleType, str], Session]


@pytest.fixture
def declare_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Declare]:
    """Another session declares a death right before a function is called, inside the transaction that closes."""
    started: list[Session] = []

    def declare(module: ModuleType, name: str) -> Session:
        silent, original = holder(), getattr(module, name)
        session = Session(lambda: declare_dead(silent.pk, how="switched off", actor="ada"))

        def then(*args: Any) -> Any:
            session.start()
            started.append(session)
            session.join(TIME_FOR_OTHERS)
            return original(*args)

        monkeypatch.setattr(module, name, then)
        return session

    yield declare
    for session in started:
        session.join(30)


def over(kind: RunKind, **values: Any) -> Run:
    ends = {"source": "dynamodb", "target": "scylla-room", "epoch": 1, **values}
    run = Run.objects.create(kind=kind, **ends)
    counts = dict.fromkeys(("compared", "missing", "extra", "different", "quarantined"), 0)
    result = {} if kind is RunKind.BACKFILL else {**counts, "digest_source": "0", "digest_target": "0"}
    Segment.objects.create(run=run, number=0, state=SegmentState.DONE, result=result)
    return run


def test_a_death_declared_while_a_backfill_ends_voids_what_it_completed(rollout: Rollout, declare_at: Declare) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL, complete=False)
    run = over(RunKind.BACKFILL)
    declared = declare_at(backfills, "_fault")
    assert backfills.close_if_done(run.pk).state == RunState.DONE
    declared.join(30)
    assert declared.error is None
    assert not is_complete("scylla-room")


def test_a_death_declared_while_a_parity_ends_voids_what_it_completed(rollout: Rollout, declare_at: Declare) -> None:
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    StoreState.objects.filter(store="dynamodb").update(complete=False, evidence=STOPPED)
    filled = over(RunKind.BACKFILL, way=Way.REVERSE, state=RunState.DONE, target_evidence=STOPPED)
    run = over(RunKind.PARITY, whole=True, follows=filled)
    declared = declare_at(parities, "trouble")
    assert parities.close_if_done(run.pk).state == RunState.DONE
    declared.join(30)
    assert declared.error is None
    assert not is_complete("dynamodb")


def test_a_run_cancelled_by_a_declaration_that_came_first_does_not_end(
    rollout: Rollout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes between the look without locks and the locks."""
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL, complete=False)
    run = over(RunKind.BACKFILL)

    def declare_first(run_id: int) -> Run:
        Run.objects.update(state=RunState.CANCELLED)
        return lock_for_ending(run_id)

    monkeypatch.setattr(backfills, "lock_for_ending", declare_first)
    assert backfills.close_if_done(run.pk).state == RunState.CANCELLED
    assert not is_complete("scylla-room")


@pytest.mark.parametrize("state", [SegmentState.PENDING, SegmentState.LEASED])
def test_a_run_is_not_over_while_a_segment_is_left(rollout: Rollout, state: SegmentState) -> None:
    run = over(RunKind.PARITY)
    assert is_over(run)
    Segment.objects.create(run=run, number=1, state=state)
    assert not is_over(run)
    Segment.objects.update(state=SegmentState.FAILED)
    assert is_over(run)
