"""A request begins once: with two messages, without one, and after a kill at any line."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from chat.conf import env
from migration.enums import Phase, Step, WriteFlag
from migration.exceptions import IllegalMove, LostRace, Refused, StillWaiting, TakenOn
from migration.models import AuditEvent, Rollout, Route, Transition
from migration.people.actors import shell_actor
from migration.tasks import recover_transitions, run_transition
from migration.transitions import carrying as module
from migration.transitions import moving, recovery
from migration.transitions.carrying import run
from migration.transitions.moving import carry_out
from migration.transitions.requests import approve, request
from tests.migration import broker as brokers
from tests.migration import forks
from tests.migration.transitions.conftest import Inject
from tests.migration.vectors import LATEST, POST, epoch_of, flip_to, holder, intent, phase_of, stand, wish, write_flag

ADA = shell_actor("ada")

# The function named first is replaced by one that kills the process, as `kill -9` at that very line would.
WORKER = """
import importlib, signal
module, name = sys.argv[1].rsplit(".", 1)

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(importlib.import_module(module), name, die)
from migration.tasks import run_transition
run_transition(int(sys.argv[2]))
"""


@pytest.fixture(autouse=True)
def _broker(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(recovery, "LEASE_SECONDS", 0.3)
    with brokers.broker():
        yield


def asked_for_dual() -> Transition:
    return request(wish(POST), ADA)


def again(asked: Transition) -> Transition:
    asked.refresh_from_db()
    return asked


def test_a_request_becomes_the_transition(rollout: Rollout) -> None:
    asked = asked_for_dual()
    done = run(asked.pk, wait=5)
    assert (done.pk, done.step, done.epoch, done.detail, write_flag()) == (
        asked.pk,
        Step.DONE,
        2,
        "",
        WriteFlag.SOURCE_MIRROR,
    )
    assert [guard["name"] for guard in done.guards][:3] == ["thawed", "vector", "complete"]
    assert (Transition.objects.count(), Rollout.objects.get().moving) == (1, False)
    assert list(AuditEvent.objects.order_by("pk").values_list("action", "actor")) == [
        ("request", "ada"),
        ("route.advance", "ada"),
    ]


def test_a_message_twice_moves_once(rollout: Rollout) -> None:
    asked = asked_for_dual()
    for _ in range(3):
        run_transition(asked.pk)
    run_transition(4711)
    assert (phase_of(POST), epoch_of(rollout), Transition.objects.count()) == (Phase.DUAL, 2, 1)


def test_of_two_workers_at_once_one_goes_on(rollout: Rollout, inject: Inject) -> None:
    """The second worker makes the whole move after the first one has asked the guards."""
    asked = asked_for_dual()
    inject(moving, "intend", lambda: run(asked.pk, wait=5))
    with pytest.raises(TakenOn, match="was begun by another process"):
        run(asked.pk, wait=5)
    assert (phase_of(POST), epoch_of(rollout), Transition.objects.count()) == (Phase.DUAL, 2, 1)


def test_a_request_that_was_withdrawn_meanwhile_does_not_begin(rollout: Rollout, inject: Inject) -> None:
    asked = asked_for_dual()
    inject(moving, "intend", lambda: Transition.objects.update(step=Step.ABORTED))
    with pytest.raises(TakenOn):
        run(asked.pk)
    assert (phase_of(POST), again(asked).step) == (Phase.LEGACY, Step.ABORTED)


def test_without_its_approval_nothing_begins(rollout: Rollout, settings: Settings) -> None:
    settings.ENV = env().model_copy(update={"approval_required": True})
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    asked = request(wish(POST), ADA)
    run_transition(asked.pk)
    recover_transitions()
    assert (again(asked).step, write_flag()) == (Step.REQUESTED, WriteFlag.SOURCE_MIRROR)
    approve(asked.pk, shell_actor("bob"), reason="yes")
    recover_transitions()
    assert (again(asked).step, write_flag()) == (Step.DONE, WriteFlag.TARGET_MIRROR)
    assert {"name": "approved", "ok": True, "reason": "approved by bob", "evidence": {}} in asked.guards


def test_an_approval_that_became_necessary_after_the_request_is_asked_for(rollout: Rollout, settings: Settings) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    asked = request(wish(POST), ADA)
    settings.ENV = env().model_copy(update={"approval_required": True})
    with pytest.raises(Refused, match="a second person must approve this move"):
        run(asked.pk)
    assert (again(asked).step, write_flag()) == (Step.REFUSED, WriteFlag.SOURCE_MIRROR)


def test_a_lost_message_is_made_up_for(rollout: Rollout) -> None:
    asked = asked_for_dual()
    recover_transitions()
    assert (again(asked).step, phase_of(POST)) == (Step.DONE, Phase.DUAL)


def test_a_request_waits_for_its_turn(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "lease_ran_out", lambda left: False)
    asked = asked_for_dual()
    other = intent(LATEST, Phase.LEGACY, Phase.DUAL)
    with pytest.raises(LostRace, match=f"transition {other.pk} is under way"):
        run(asked.pk)
    assert again(asked).step == Step.REQUESTED
    assert f"transition {other.pk} is under way" in asked.detail
    Transition.objects.filter(pk=other.pk).update(step=Step.DONE)
    assert run(asked.pk, wait=1).step == Step.DONE


def test_a_move_that_begins_at_the_same_moment_comes_first(rollout: Rollout, inject: Inject) -> None:
    asked = asked_for_dual()
    inject(moving, "intend", lambda: intent(LATEST, Phase.LEGACY, Phase.DUAL))
    with pytest.raises(LostRace, match="another transition is under way"):
        run(asked.pk)
    assert (again(asked).step, phase_of(POST)) == (Step.REQUESTED, Phase.LEGACY)


def test_a_stale_request_is_refused(rollout: Rollout) -> None:
    asked = asked_for_dual()
    Transition.objects.update(created_at=timezone.now() - timedelta(seconds=3601))
    with pytest.raises(Refused, match="too old"):
        run(asked.pk)
    assert (again(asked).step, phase_of(POST), Rollout.objects.get().moving) == (Step.REFUSED, Phase.LEGACY, False)
    assert "request the move anew" in asked.detail


def test_the_age_is_a_setting(rollout: Rollout, settings: Settings) -> None:
    settings.ENV = env().model_copy(update={"request_expires_seconds": 10_000.0})
    asked = asked_for_dual()
    Transition.objects.update(created_at=timezone.now() - timedelta(seconds=3601))
    assert run(asked.pk, wait=1).step == Step.DONE


def test_one_that_nobody_approved_in_time_ends(rollout: Rollout) -> None:
    asked = asked_for_dual()
    Transition.objects.update(approval_needed=True, created_at=timezone.now() - timedelta(seconds=3601))
    recover_transitions()
    assert (again(asked).step, asked.detail) == (
        Step.REFUSED,
        "it grew too old before it could begin: request it anew",
    )


def test_an_endpoint_that_moved_since_is_not_moved_on(rollout: Rollout) -> None:
    asked = asked_for_dual()
    carry_out(wish(POST), wait=1)
    with pytest.raises(IllegalMove):
        run(asked.pk)
    assert (again(asked).step, asked.detail, phase_of(POST)) == (
        Step.REFUSED,
        "post_comment is in dual; one step advance leads to cutover, not dual",
        Phase.DUAL,
    )


def test_a_shadow_share_asked_for_in_another_phase_is_refused(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.SHADOW)
    asked = request(wish(LATEST, "shadow", percent=5), ADA)
    flip_to(rollout, LATEST, Phase.CUTOVER, ramp=10)
    with pytest.raises(IllegalMove, match="was in shadow when this was requested and is in cutover now"):
        run(asked.pk)
    assert (again(asked).step, Route.objects.get(endpoint=LATEST).shadow_percent) == (Step.REFUSED, 0)


def test_a_request_under_a_freeze_ends_so_that_no_thaw_sets_it_off(rollout: Rollout) -> None:
    asked = asked_for_dual()
    Rollout.objects.update(frozen=True, frozen_by="cyd", frozen_reason="night")
    recover_transitions()
    assert (again(asked).step, "frozen by cyd" in asked.detail) == (Step.REFUSED, True)
    Rollout.objects.update(frozen=False)
    recover_transitions()
    assert phase_of(POST) is Phase.LEGACY


def test_a_refusal_of_the_guards_stands_on_the_row(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL, complete=False)
    asked = request(wish(LATEST), ADA)
    run_transition(asked.pk)
    assert (again(asked).step, "scylla-room is not complete" in asked.detail) == (Step.REFUSED, True)
    assert asked.finished_at is not None


def test_a_process_that_does_not_confirm_is_named_on_the_row(rollout: Rollout) -> None:
    asked = asked_for_dual()
    silent = holder(acked=1)
    with pytest.raises(StillWaiting):
        run(asked.pk, wait=0)
    assert (again(asked).step, asked.detail) == (Step.FLIPPED, f"not confirmed by: {silent}")


def test_a_read_that_lost_its_race_goes_back_under_a_row_of_its_own(rollout: Rollout, inject: Inject) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    inject(moving, "flip", lambda: flip_to(rollout, wish(LATEST).endpoint.ALL_COMMENTS, Phase.SHADOW))
    asked = request(wish(LATEST, "rollback"), ADA)
    assert (asked.step, phase_of(LATEST)) == (Step.ABORTED, Phase.SHADOW)
    assert list(Transition.objects.order_by("pk").values_list("step", flat=True)) == [Step.ABORTED, Step.DONE]


@pytest.mark.parametrize(
    ("where", "left", "end", "phase"),
    [
        ("migration.transitions.carrying._check", Step.REQUESTED, Step.DONE, Phase.DUAL),
        ("migration.transitions.moving.intend", Step.REQUESTED, Step.DONE, Phase.DUAL),
        # Inside the transaction that takes the request: nothing of it is kept.
        ("migration.transitions.intending.take_leg", Step.REQUESTED, Step.DONE, Phase.DUAL),
        ("migration.transitions.moving._flip", Step.INTENT, Step.ABORTED, Phase.LEGACY),
        ("migration.transitions.flip._audit", Step.INTENT, Step.ABORTED, Phase.LEGACY),
        ("migration.transitions.moving.confirm", Step.FLIPPED, Step.DONE, Phase.DUAL),
        ("migration.transitions.confirming.close", Step.FLIPPED, Step.DONE, Phase.DUAL),
    ],
)
def test_a_worker_killed_at_any_line_leaves_what_another_ends(
    control: Path, where: str, left: Step, end: Step, phase: Phase
) -> None:
    asked = asked_for_dual()
    worker = forks.start(WORKER, control, where, str(asked.pk))
    assert worker.wait() == -signal.SIGKILL, worker.said
    assert again(asked).step == left
    # Its message comes back, as messages of dead workers do, and the beat goes round.
    run_transition(asked.pk)
    recover_transitions()
    assert (again(asked).step, phase_of(POST), Rollout.objects.get().moving) == (end, phase, False)
    assert AuditEvent.objects.filter(action="route.advance").count() == (1 if end is Step.DONE else 0)


def test_every_end_of_an_attempt_is_quiet(rollout: Rollout, inject: Inject) -> None:
    """A task that raised would be sent again, or fill the log with what the row says already."""
    for error in (IllegalMove("x"), Refused(["x"]), LostRace("x"), StillWaiting("x"), TakenOn("x")):
        asked = asked_for_dual()

        def fail(error: Exception = error) -> None:
            raise error

        inject(module, "carry_out", fail)
        module.attempt(asked.pk)
        Transition.objects.update(step=Step.DONE)
