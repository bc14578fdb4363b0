"""A flip is one transaction: all of it or nothing, and only on the epoch it was planned under (protocol F3)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from chat.clock import wall_us
from migration.enums import Kind, Phase, ReadFlag, Step, WriteFlag
from migration.exceptions import LostRace, Refused
from migration.flags.phases import row_of
from migration.guards.answer import Answer
from migration.models import AuditEvent, Rollout, Route, StoreState, Transition
from migration.transitions import flip as module
from migration.transitions.flip import Change, flip
from migration.transitions.hold import hold_of, settled
from tests.migration.vectors import (
    LATEST,
    POST,
    epoch_of,
    intent,
    is_complete,
    new_epoch,
    phase_of,
    place,
    stand,
    write_flag,
)

YES, NO = Answer("a guard", ok=True, reason="fine"), Answer("another", ok=False, reason="it is raining")


def turn(moving: Transition, change: Change, *, epoch: int = 1, answers: tuple[Answer, ...] = ()) -> int:
    return flip(
        moving,
        change,
        epoch_before=epoch,
        step_before=Step.INTENT,
        step_after=Step.FLIPPED,
        conditions=lambda: list(answers),
    )


def nothing_changed(moving: Transition, step: Step = Step.INTENT) -> bool:
    moving.refresh_from_db()
    return (moving.step, moving.epoch, write_flag(), AuditEvent.objects.count()) == (
        step,
        None,
        WriteFlag.SOURCE,
        0,
    )


def test_the_route_the_epoch_the_step_and_the_audit_change_together(
    rollout: Rollout, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[bool] = []
    monkeypatch.setattr(module, "wake_holders", lambda: woken.append(transaction.get_connection().in_atomic_block))
    moving = intent(LATEST, Phase.SHADOW, Phase.CUTOVER)
    place(LATEST, Phase.SHADOW)
    change = Change(Phase.CUTOVER, ReadFlag.TARGET_RAMP, WriteFlag.NONE, ramp=10)
    assert turn(moving, change, answers=(YES,)) == 2
    route = Route.objects.get(endpoint=LATEST)
    assert (route.phase, route.read_flag, route.ramp_percent, route.version) == ("cutover", "target-ramp", 10, 2)
    assert (epoch_of(rollout), moving.step, moving.epoch) == (2, Step.FLIPPED, 2)
    assert woken == [False]
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.subject, event.reason) == (
        "ada",
        "route.advance",
        "latest_comments",
        "a test",
    )
    assert event.before == {
        "epoch": 1,
        "phase": "shadow",
        "read": "source+shadow",
        "write": "none",
        "ramp": 0,
        "shadow": 0,
        "mirror": "sync",
    }
    assert event.after == {
        "epoch": 2,
        "phase": "cutover",
        "read": "target-ramp",
        "write": "none",
        "ramp": 10,
        "shadow": 0,
        "mirror": "sync",
        "transition": moving.pk,
    }


def test_a_flip_planned_under_an_older_epoch_is_lost(rollout: Rollout) -> None:
    moving = intent(POST, Phase.LEGACY, Phase.DUAL)
    new_epoch(rollout)
    with pytest.raises(LostRace, match="epoch 1 is over"):
        turn(moving, settled(Phase.DUAL))
    assert nothing_changed(moving)
    assert epoch_of(rollout) == 2


def test_a_transition_that_another_process_ended_does_not_flip(rollout: Rollout) -> None:
    moving = intent(POST, Phase.LEGACY, Phase.DUAL)
    Transition.objects.update(step=Step.ABORTED)
    with pytest.raises(LostRace, match="taken on or aborted"):
        turn(moving, settled(Phase.DUAL))
    assert nothing_changed(moving, Step.ABORTED)
    assert epoch_of(rollout) == 1


def test_a_condition_that_fails_inside_undoes_everything(rollout: Rollout) -> None:
    moving = intent(POST, Phase.LEGACY, Phase.DUAL)
    with pytest.raises(Refused) as caught:
        turn(moving, settled(Phase.DUAL), answers=(YES, NO))
    assert caught.value.reasons == ["it is raining"]
    assert nothing_changed(moving)
    assert epoch_of(rollout) == 1


def test_flags_that_no_phase_means_undo_everything(rollout: Rollout) -> None:
    """The database's own check stands behind the code's."""
    moving = intent(POST, Phase.LEGACY, Phase.DUAL)
    illegal = Change(Phase.DUAL, ReadFlag.NONE, WriteFlag.TARGET, ramp=0)
    with pytest.raises(Exception, match="route_is_a_row_of_the_phase_table"):
        turn(moving, illegal)
    assert nothing_changed(moving)
    assert epoch_of(rollout) == 1


def test_a_flip_inside_a_transaction_of_somebody_else_is_refused(rollout: Rollout) -> None:
    """It would count as done before it was committed."""
    moving = intent(POST, Phase.LEGACY, Phase.DUAL)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        turn(moving, settled(Phase.DUAL))


@pytest.mark.parametrize(
    ("before", "after", "source", "target"),
    [
        (Phase.LEGACY, settled(Phase.DUAL), True, True),
        (Phase.DUAL, settled(Phase.LEGACY), True, False),
        (Phase.DUAL, hold_of(Phase.DUAL), True, True),
        (Phase.DUAL, settled(Phase.CUTOVER), True, True),
        (Phase.CUTOVER, settled(Phase.DUAL), True, True),
        (Phase.CUTOVER, settled(Phase.DECOMMISSION), False, True),
        (Phase.DECOMMISSION, settled(Phase.CUTOVER), True, True),
    ],
)
def test_a_store_that_is_written_no_more_is_complete_no_more(
    rollout: Rollout, before: Phase, after: Change, source: bool, target: bool
) -> None:
    """Protocol F2. Being written again does not make it complete again: that takes a backfill."""
    stand(rollout, write=before, reads=Phase.LEGACY)
    turn(intent(POST, before, after.phase), after)
    assert (is_complete("dynamodb"), is_complete("scylla-room")) == (source, target)


@pytest.mark.parametrize("before", [Phase.DUAL, Phase.CUTOVER])
def test_a_hold_and_its_end_void_nothing(rollout: Rollout, before: Phase) -> None:
    for after in (Phase.DUAL, Phase.CUTOVER):
        stand(rollout, write=before, reads=Phase.CUTOVER)
        Route.objects.filter(endpoint=POST).update(write_flag=WriteFlag.HELD)
        moving = intent(POST, before, after)
        turn(moving, settled(after), epoch=epoch_of(rollout))
        assert is_complete("dynamodb")
        assert is_complete("scylla-room")
        moving.delete()


def stop_mirroring(rollout: Rollout) -> dict[str, Any]:
    """Leaves the source; its evidence afterwards."""
    stand(rollout, write=Phase.CUTOVER, reads=Phase.DECOMMISSION)
    moving = intent(POST, Phase.CUTOVER, Phase.DECOMMISSION)
    turn(moving, settled(Phase.DECOMMISSION), epoch=epoch_of(rollout))
    moving.delete()
    evidence: dict[str, Any] = StoreState.objects.get(store="dynamodb").evidence
    return evidence


def test_the_voided_store_says_by_which_epoch_and_since_when(rollout: Rollout) -> None:
    """A reverse backfill begins there (protocol F2)."""
    before = wall_us()
    evidence = stop_mirroring(rollout)
    assert before <= evidence.pop("stopped_us") <= wall_us()
    assert evidence == {"voided_by": "epoch 2 stopped writing it", "epoch": 2}


def test_a_store_that_is_left_twice_still_lacks_the_first_gap(rollout: Rollout) -> None:
    """Mirrored again for a while, but never filled up: what came between must not be taken for copied."""
    first = stop_mirroring(rollout)["stopped_us"]
    assert stop_mirroring(rollout) == {"voided_by": "epoch 3 stopped writing it", "epoch": 3, "stopped_us": first}


def test_filled_up_and_left_again_it_lacks_what_comes_after_the_second_stop(rollout: Rollout) -> None:
    first = stop_mirroring(rollout)["stopped_us"]
    StoreState.objects.filter(store="dynamodb").update(complete=True, evidence={"set_by": "backfill 1", "epoch": 2})
    assert stop_mirroring(rollout)["stopped_us"] > first


def test_a_store_that_lacked_something_else_has_no_instant_to_begin_from(rollout: Rollout) -> None:
    """As after a holder was declared dead (protocol F9): it must be filled up whole."""
    StoreState.objects.filter(store="dynamodb").update(complete=False, evidence={"voided_by": "a declared death"})
    assert "stopped_us" not in stop_mirroring(rollout)


def test_a_read_flip_voids_nothing(rollout: Rollout) -> None:
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    row = row_of(Kind.READ, Phase.DECOMMISSION)
    turn(intent(LATEST, Phase.CUTOVER, Phase.DECOMMISSION), Change(row.phase, row.read, row.write, ramp=100))
    assert is_complete("dynamodb")
    assert is_complete("scylla-room")
    assert phase_of(LATEST) is Phase.DECOMMISSION


def test_the_last_step_ends_the_transition_in_the_same_transaction(rollout: Rollout) -> None:
    moving = intent(POST, Phase.LEGACY, Phase.DUAL)
    Rollout.objects.update(moving=True)
    flip(
        moving,
        settled(Phase.LEGACY),
        epoch_before=1,
        step_before=Step.INTENT,
        step_after=Step.ABORTED,
        ending="enough",
    )
    assert (moving.step, moving.detail, moving.finished_at is None) == (Step.ABORTED, "enough", False)
    assert Rollout.objects.get().moving is False
