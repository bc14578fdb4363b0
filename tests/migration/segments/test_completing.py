"""A source that was filled up again is complete only after a whole, clean parity that began after it (protocol F2)."""

from __future__ import annotations

import pytest

from migration.enums import RunState, Way
from migration.models import AuditEvent, Rollout, Route, Run, StoreState
from migration.segments.completing import complete_by_parity, last_reverse

STOPPED = {"voided_by": "epoch 3 stopped writing it", "epoch": 3, "stopped_us": 5}


@pytest.fixture
def filled(control: object) -> Run:
    """The mirror is on again since epoch 4, and a reverse backfill has ended."""
    Rollout.objects.update(epoch=4)
    Route.objects.filter(endpoint="post_comment").update(phase="cutover", write_flag="target+mirror", version=4)
    StoreState.objects.filter(store="dynamodb").update(complete=False, evidence=STOPPED)
    return Run.objects.create(
        kind="backfill",
        way=Way.REVERSE,
        state=RunState.DONE,
        source="scylla-room",
        target="dynamodb",
        epoch=4,
        target_evidence=STOPPED,
    )


def parity(follows: Run | None, *, epoch: int = 4) -> Run:
    return Run.objects.create(
        kind="parity", state=RunState.DONE, source="dynamodb", target="scylla-room", epoch=epoch, follows=follows
    )


def complete() -> bool:
    return StoreState.objects.get(store="dynamodb").complete


def test_a_clean_parity_after_it_completes_the_source_and_is_on_record(filled: Run) -> None:
    run = parity(last_reverse(Rollout.objects.get()))
    assert complete_by_parity(run)
    state = StoreState.objects.get(store="dynamodb")
    assert (state.complete, state.evidence) == (
        True,
        {"set_by": f"parity {run.pk} after backfill {filled.pk}", "epoch": 4},
    )
    assert AuditEvent.objects.get().action == "store.complete"
    assert not complete_by_parity(run), "it is complete already"


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.PAUSED, RunState.FAILED, RunState.CANCELLED])
def test_a_parity_that_began_before_the_backfill_ended_proves_nothing(filled: Run, state: RunState) -> None:
    Run.objects.update(state=state)
    run = parity(last_reverse(Rollout.objects.get()))
    Run.objects.filter(pk=filled.pk).update(state=RunState.DONE)
    assert not complete_by_parity(run)
    assert not complete()


def test_a_store_that_was_voided_again_meanwhile_is_not_complete(filled: Run) -> None:
    run = parity(filled)
    StoreState.objects.filter(store="dynamodb").update(evidence={"voided_by": "holder 3 was declared dead", "epoch": 4})
    assert not complete_by_parity(run)
    assert not complete()


def test_a_write_flag_that_changed_since_the_parity_began_voids_it(filled: Run) -> None:
    run = parity(filled)
    Route.objects.filter(endpoint="post_comment").update(version=5)
    assert not complete_by_parity(run)
    assert not complete()


def test_a_source_that_is_written_no_more_is_not_complete(filled: Run) -> None:
    Route.objects.filter(endpoint="post_comment").update(phase="decommission", write_flag="target")
    assert not complete_by_parity(parity(filled))
    assert not complete()
