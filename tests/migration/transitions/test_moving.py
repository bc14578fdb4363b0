"""Moves from wish to done, with whatever can come in between."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from migration.enums import HolderState, Phase, Step, WriteFlag
from migration.exceptions import IllegalMove, LostRace, Refused, StillWaiting
from migration.models import AuditEvent, Debt, Holder, Rollout, Route, StoreState, Transition
from migration.transitions import moving as module
from migration.transitions.moving import carry_out
from migration.transitions.planning import Wish, plan
from tests.migration.transitions.conftest import Inject
from tests.migration.vectors import (
    LATEST,
    POST,
    epoch_of,
    flip_to,
    hold,
    holder,
    intent,
    is_complete,
    owe,
    phase_of,
    place,
    stand,
    wish,
    write_flag,
)


def last() -> Transition:
    return Transition.objects.order_by("-pk")[0]


def at_rest(rollout: Rollout) -> bool:
    """Nothing unfinished, and holders poll slowly again."""
    unfinished = Transition.objects.filter(step__in=[Step.INTENT, Step.HELD, Step.FLIPPED])
    return not unfinished.exists() and not Rollout.objects.get(pk=rollout.pk).moving


# The ordinary way


def test_a_step_forward_and_back(rollout: Rollout, obedient: None) -> None:
    holder(acked=1)
    done = carry_out(wish(POST), wait=10)
    assert (done.step, done.epoch, done.from_phase, done.to_phase) == (Step.DONE, 2, "legacy", "dual")
    assert (write_flag(), done.holders) == (WriteFlag.SOURCE_MIRROR, 1)
    assert done.ack_ms is not None
    assert done.hold_ms is None
    assert [guard["name"] for guard in done.guards][:3] == ["thawed", "vector", "complete"]
    assert all(guard["ok"] for guard in done.guards)
    assert at_rest(rollout)
    back = carry_out(wish(POST, "rollback"), wait=10)
    assert (back.step, back.epoch, write_flag()) == (Step.DONE, 3, WriteFlag.SOURCE)
    assert AuditEvent.objects.count() == 2


def test_the_whole_ladder_up_and_down(rollout: Rollout) -> None:
    """Every step of an ordinary rollout, and back as far as the stores stay complete."""
    carry_out(wish(POST), wait=1)
    carry_out(wish(LATEST), wait=1)
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL, complete=True)
    for endpoint in ("latest_comments", "comments_since", "all_comments"):
        for _ in range(2):
            carry_out(wish(type(LATEST)(endpoint)), wait=1)
        carry_out(wish(type(LATEST)(endpoint), "ramp", percent=100), wait=1)
    assert carry_out(wish(POST), wait=1).hold_ms is not None
    assert write_flag() is WriteFlag.TARGET_MIRROR
    for endpoint in ("latest_comments", "comments_since", "all_comments"):
        carry_out(wish(type(LATEST)(endpoint)), wait=1)
    carry_out(wish(POST), wait=1)
    assert (write_flag(), is_complete("dynamodb"), is_complete("scylla-room")) == (WriteFlag.TARGET, False, True)
    assert carry_out(wish(POST, "rollback"), wait=1).step == Step.DONE
    assert carry_out(wish(LATEST, "rollback"), wait=1).step == Step.DONE
    assert (phase_of(LATEST), Route.objects.get(endpoint=LATEST).ramp_percent) == (Phase.CUTOVER, 100)
    # Mirrored again, but what was posted meanwhile is not there: only a reverse backfill makes it complete (F2).
    for back in (wish(LATEST, "rollback"), wish(LATEST, "ramp", percent=50)):
        with pytest.raises(Refused, match="dynamodb is not complete"):
            carry_out(back, wait=1)


# Refusals


def test_a_refused_move_changes_nothing_and_is_kept(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL, complete=False)
    with pytest.raises(Refused) as caught:
        carry_out(wish(LATEST), wait=0)
    assert caught.value.reasons == [
        "scylla-room is not complete: run `manage.py backfill start` while writes are mirrored to it"
    ]
    kept = last()
    assert (kept.step, kept.actor, kept.reason, kept.epoch) == (Step.REFUSED, "ada", "a test", None)
    assert [guard["name"] for guard in kept.guards if not guard["ok"]] == ["complete"]
    assert "confirmed" in [guard["name"] for guard in kept.guards]
    assert kept.finished_at is not None
    assert (epoch_of(rollout), phase_of(LATEST), AuditEvent.objects.count()) == (1, Phase.DUAL, 0)
    assert at_rest(rollout)


def test_an_illegal_move_leaves_no_trace(rollout: Rollout) -> None:
    with pytest.raises(IllegalMove):
        carry_out(wish(POST, "rollback"), wait=0)
    assert not Transition.objects.exists()


def test_what_turned_bad_after_the_guards_were_asked_is_found_inside_the_flip(rollout: Rollout, inject: Inject) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.SHADOW)
    inject(module, "flip", owe)
    with pytest.raises(Refused, match="1 comments are owed"):
        carry_out(wish(LATEST), wait=0)
    assert (last().step, last().detail) == (
        Step.REFUSED,
        "1 comments are owed to a store: see `manage.py ledger status`",
    )
    assert (epoch_of(rollout), phase_of(LATEST)) == (1, Phase.SHADOW)
    assert at_rest(rollout)


def test_a_process_that_registered_after_the_guards_is_found_inside_the_flip(rollout: Rollout, inject: Inject) -> None:
    inject(module, "flip", lambda: holder(acked=0))
    with pytest.raises(Refused, match="not yet on epoch 1"):
        carry_out(wish(POST), wait=0)
    assert write_flag() is WriteFlag.SOURCE


def test_a_silent_process_stops_the_next_move(rollout: Rollout) -> None:
    holder(acked=0)
    with pytest.raises(Refused, match="not yet on epoch 1"):
        carry_out(wish(POST), wait=0.1)
    assert write_flag() is WriteFlag.SOURCE


# Races


def test_a_step_planned_before_another_commands_step_is_lost(rollout: Rollout, inject: Inject) -> None:
    """Between plan and flip the same read goes back: done all the same, the step would skip two phases."""
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    inject(module, "flip", lambda: flip_to(rollout, LATEST, Phase.SHADOW))
    with pytest.raises(LostRace, match="epoch 1 is over"):
        carry_out(wish(LATEST), wait=0)
    assert (phase_of(LATEST), epoch_of(rollout), last().step) == (Phase.SHADOW, 2, Step.ABORTED)
    assert at_rest(rollout)


def test_of_two_commands_at_once_one_wins(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have planned the same step before either says so."""
    barrier = threading.Barrier(2)

    def plan_together(wanted: Wish) -> Any:
        move = plan(wanted)
        barrier.wait(10)
        return move

    def command(_: int) -> str:
        try:
            return carry_out(wish(POST), wait=5).step
        except LostRace:
            return "lost"
        finally:
            connections["default"].close()

    monkeypatch.setattr(module, "plan", plan_together)
    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(command, range(2)))
    assert outcomes == ["done", "lost"]
    assert (write_flag(), epoch_of(rollout)) == (WriteFlag.SOURCE_MIRROR, 2)
    assert AuditEvent.objects.count() == 1
    assert at_rest(rollout)


def test_a_command_does_not_disturb_one_that_is_at_work(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    moving = intent(POST, Phase.DUAL, Phase.CUTOVER, step=Step.HELD, epoch=2)
    hold(rollout)
    monkeypatch.setattr("migration.transitions.recovery.LEASE_SECONDS", 2.0)
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            Transition.objects.filter(pk=moving.pk).update(beats=last().beats + 1)
        connections["default"].close()

    worker = threading.Thread(target=work)
    worker.start()
    with pytest.raises(LostRace, match=f"transition {moving.pk} is under way"):
        carry_out(wish(LATEST), wait=1)
    stop.set()
    worker.join()
    assert (last().step, write_flag()) == (Step.HELD, WriteFlag.HELD)


# Confirmation


def test_a_process_that_does_not_confirm_is_named_and_repeating_finishes_the_step(rollout: Rollout) -> None:
    silent = holder(acked=1)
    with pytest.raises(StillWaiting, match="is in force, but not confirmed by"):
        carry_out(wish(POST), wait=0.2)
    assert (last().step, last().detail) == (Step.FLIPPED, f"not confirmed by: {silent}")
    assert write_flag() is WriteFlag.SOURCE_MIRROR
    with pytest.raises(StillWaiting):
        carry_out(wish(POST), wait=0)
    Holder.objects.update(acked_epoch=2)
    done = carry_out(wish(POST), wait=5)
    # Finished, not taken one step further.
    assert (done.step, done.to_phase, done.detail, Transition.objects.count()) == (Step.DONE, "dual", "", 1)
    assert (phase_of(POST), epoch_of(rollout)) == (Phase.DUAL, 2)
    assert at_rest(rollout)


def test_repeating_a_step_back_finishes_it_as_well(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    holder(acked=1)
    with pytest.raises(StillWaiting):
        carry_out(wish(LATEST, "rollback"), wait=0)
    with pytest.raises(StillWaiting):
        carry_out(wish(LATEST, "rollback"), wait=0)
    assert (phase_of(LATEST), Transition.objects.count()) == (Phase.SHADOW, 1)
    # Named, the next step is another wish, and does not wait either.
    with pytest.raises(StillWaiting):
        carry_out(wish(LATEST, "rollback", to=Phase.DUAL), wait=0)
    assert phase_of(LATEST) is Phase.DUAL


def test_another_move_waits_for_the_confirmations_of_the_one_before(rollout: Rollout) -> None:
    holder(acked=1)
    with pytest.raises(StillWaiting):
        carry_out(wish(POST), wait=0)
    with pytest.raises(StillWaiting, match="post_comment in dual"):
        carry_out(wish(LATEST), wait=0.1)
    assert phase_of(LATEST) is Phase.LEGACY


def test_a_dead_process_is_not_waited_for(rollout: Rollout) -> None:
    holder(acked=1)
    with pytest.raises(StillWaiting):
        carry_out(wish(POST), wait=0)
    Holder.objects.update(state=HolderState.DEAD)
    assert carry_out(wish(POST), wait=5).step == Step.DONE


def test_it_does_not_matter_who_sees_the_last_confirmation(rollout: Rollout, inject: Inject) -> None:
    """The recovery task closes the transition while the command that made it still waits."""
    holder(acked=1)

    def close() -> None:
        Transition.objects.update(step=Step.DONE)

    inject(module, "confirm", close)
    assert carry_out(wish(POST), wait=5).step == Step.DONE


# A read that goes back (F8)


def test_a_read_goes_back_past_a_move_that_has_not_flipped(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    other = intent(POST, Phase.DUAL, Phase.CUTOVER)
    assert carry_out(wish(LATEST, "rollback"), wait=1).step == Step.DONE
    other.refresh_from_db()
    assert (other.step, other.detail) == (Step.ABORTED, "overtaken by a read that goes back; nothing had changed")
    assert phase_of(LATEST) is Phase.SHADOW


def test_a_read_goes_back_past_a_hold_and_ends_it(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    other = intent(POST, Phase.DUAL, Phase.CUTOVER, step=Step.HELD, epoch=hold(rollout))
    assert carry_out(wish(LATEST, "rollback"), wait=1).step == Step.DONE
    other.refresh_from_db()
    assert (other.step, write_flag(), phase_of(LATEST)) == (Step.ABORTED, WriteFlag.SOURCE_MIRROR, Phase.SHADOW)
    assert epoch_of(rollout) == 4


def test_a_read_goes_back_past_a_flip_that_not_all_have_confirmed(rollout: Rollout) -> None:
    stand(rollout, write=Phase.LEGACY, reads=Phase.DUAL)
    holder(acked=1)
    with pytest.raises(StillWaiting):
        carry_out(wish(POST), wait=0)
    with pytest.raises(StillWaiting):
        carry_out(wish(LATEST, "rollback"), wait=0)
    assert (phase_of(LATEST), write_flag()) == (Phase.LEGACY, WriteFlag.SOURCE_MIRROR)
    assert Transition.objects.get(endpoint=POST).step == Step.DONE
    # What was overtaken is still waited for before anything else moves: never more than two vectors (F5).
    Transition.objects.filter(endpoint=LATEST).update(step=Step.DONE)
    with pytest.raises(Refused, match="not yet on epoch 3"):
        carry_out(wish(POST, "rollback"), wait=0)


def test_a_read_goes_back_however_unwell_the_store_is_that_it_leaves(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER, complete=False)
    holder(acked=0)
    owe()
    with pytest.raises(StillWaiting):
        carry_out(wish(LATEST, "rollback"), wait=0)
    assert phase_of(LATEST) is Phase.SHADOW


@pytest.mark.parametrize("step", [Step.INTENT, Step.HELD])
def test_a_read_that_may_not_go_back_aborts_nothing(rollout: Rollout, step: Step) -> None:
    """The source is not complete: a refused rollback costs nobody else's move, nor a hold."""
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    StoreState.objects.filter(store=rollout.source).update(complete=False)
    epoch = hold(rollout) if step is Step.HELD else None
    other = intent(POST, Phase.DUAL, Phase.CUTOVER, step=step, epoch=epoch)
    with pytest.raises(Refused, match="dynamodb is not complete"):
        carry_out(wish(LATEST, "rollback"), wait=1)
    other.refresh_from_db()
    assert (other.step, phase_of(LATEST)) == (step, Phase.CUTOVER)
    refused = Transition.objects.get(endpoint=LATEST)
    assert (refused.step, refused.verb) == (Step.REFUSED, "rollback")
    assert [answer["name"] for answer in refused.guards if not answer["ok"]] == ["complete"]


@pytest.mark.parametrize("step", [Step.INTENT, Step.HELD])
def test_a_read_that_loses_a_race_tries_again(rollout: Rollout, inject: Inject, step: Step) -> None:
    """Another command begins between its look for such, and its own intent."""
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)

    def begin() -> None:
        epoch = hold(rollout) if step is Step.HELD else None
        intent(POST, Phase.DUAL, Phase.CUTOVER, step=step, epoch=epoch)

    inject(module, "intend", begin)
    assert carry_out(wish(LATEST, "rollback"), wait=1).step == Step.DONE
    assert (phase_of(LATEST), write_flag()) == (Phase.SHADOW, WriteFlag.SOURCE_MIRROR)
    assert Transition.objects.get(endpoint=POST).step == Step.ABORTED


def test_a_second_try_takes_no_second_step(rollout: Rollout, inject: Inject) -> None:
    """The race is lost to a command that took the same read back."""
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    inject(module, "flip", lambda: flip_to(rollout, LATEST, Phase.SHADOW))
    with pytest.raises(IllegalMove, match="latest_comments is in shadow"):
        carry_out(wish(LATEST, "rollback"), wait=1)
    assert phase_of(LATEST) is Phase.SHADOW
    assert at_rest(rollout)


def test_a_write_that_goes_back_has_no_such_privilege(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL)
    monkeypatch.setattr("migration.transitions.recovery.LEASE_SECONDS", 0.0)
    place(LATEST, Phase.LEGACY)
    holder(acked=0)
    with pytest.raises(Refused, match="not yet on epoch 1"):
        carry_out(wish(POST, "rollback"), wait=0)


# Ends before its time


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), RuntimeError("a defect")])
def test_an_interrupted_move_does_not_block_the_next(rollout: Rollout, inject: Inject, fault: BaseException) -> None:
    def fail() -> None:
        raise fault

    inject(module, "flip", fail)
    with pytest.raises(type(fault)):
        carry_out(wish(POST), wait=0)
    assert (last().step, last().detail) == (Step.ABORTED, str(fault) or "interrupted; nothing had changed")
    assert at_rest(rollout)
    assert carry_out(wish(POST), wait=0).step == Step.DONE


def test_a_wish_carries_its_words_into_the_record(rollout: Rollout) -> None:
    carry_out(Wish(endpoint=POST, verb="advance", actor="grace", reason="ticket 42"), wait=0)
    event = AuditEvent.objects.get()
    assert (event.actor, event.reason, last().actor, last().reason) == ("grace", "ticket 42", "grace", "ticket 42")
    assert not Debt.objects.exists()
