"""What a process left half done is ended by another, once its lease has run out (protocol F6, T7)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connections
from django.db.models import F

from migration.enums import Phase, Step, WriteFlag
from migration.exceptions import LostRace, StillWaiting
from migration.models import Rollout, Transition
from migration.tasks import recover_transitions
from migration.transitions import recovery as module
from migration.transitions.moving import carry_out
from migration.transitions.recovery import clear_the_way, flipped_for, lease_ran_out, overtake, recover
from tests.migration.vectors import (
    LATEST,
    POST,
    epoch_of,
    hold,
    holder,
    intent,
    is_complete,
    stand,
    wish,
    write_flag,
)


@pytest.fixture(autouse=True)
def _short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEASE_SECONDS", 0.5)


@pytest.fixture
def at_work() -> Iterator[None]:
    """Some process keeps the lease of every transition."""
    stop = threading.Event()

    def keep() -> None:
        while not stop.wait(0.05):
            Transition.objects.update(beats=F("beats") + 1)
        connections["default"].close()

    thread = threading.Thread(target=keep)
    thread.start()
    yield
    stop.set()
    thread.join()


def left_at(rollout: Rollout, step: Step) -> Transition:
    """A move of the authority whose process is gone."""
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    epoch = None if step is Step.INTENT else hold(rollout)
    if step is Step.FLIPPED:
        stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    Rollout.objects.update(moving=True)
    return intent(POST, Phase.DUAL, Phase.CUTOVER, step=step, epoch=epoch)


def test_a_lease_runs_out_when_nothing_moves(rollout: Rollout) -> None:
    began = time.monotonic()
    assert lease_ran_out(left_at(rollout, Step.HELD))
    assert 0.5 <= time.monotonic() - began < 3


def test_a_lease_that_is_kept_does_not_run_out(rollout: Rollout, at_work: None) -> None:
    assert not lease_ran_out(left_at(rollout, Step.HELD))


def test_a_step_further_shows_life_too(rollout: Rollout) -> None:
    left = left_at(rollout, Step.HELD)
    Transition.objects.update(step=Step.FLIPPED)
    assert not lease_ran_out(left)


def test_a_hold_goes_back_to_the_old_authority(rollout: Rollout) -> None:
    left = left_at(rollout, Step.HELD)
    recover(left, seconds=1)
    assert (left.step, write_flag(), epoch_of(rollout)) == (Step.ABORTED, WriteFlag.SOURCE_MIRROR, 3)
    assert Rollout.objects.get().moving is False
    assert is_complete("scylla-room")


def test_an_intent_is_ended_without_a_flip(rollout: Rollout) -> None:
    left = left_at(rollout, Step.INTENT)
    recover(left, seconds=1)
    assert (left.step, write_flag(), epoch_of(rollout)) == (Step.ABORTED, WriteFlag.SOURCE_MIRROR, 1)
    assert Rollout.objects.get().moving is False


def test_a_flip_goes_forward(rollout: Rollout) -> None:
    left = left_at(rollout, Step.FLIPPED)
    recover(left, seconds=1)
    assert (left.step, write_flag()) == (Step.DONE, WriteFlag.TARGET_MIRROR)
    assert Rollout.objects.get().moving is False


@pytest.mark.parametrize("step", [Step.INTENT, Step.HELD, Step.FLIPPED])
def test_the_next_command_clears_the_way_and_goes_its_own(rollout: Rollout, step: Step) -> None:
    left = left_at(rollout, step)
    done = carry_out(wish(LATEST, "ramp", percent=100), wait=1)
    left.refresh_from_db()
    assert (done.step, done.endpoint) == (Step.DONE, LATEST)
    assert left.step == (Step.DONE if step is Step.FLIPPED else Step.ABORTED)
    expected = WriteFlag.TARGET_MIRROR if step is Step.FLIPPED else WriteFlag.SOURCE_MIRROR
    assert write_flag() is expected


@pytest.mark.parametrize("step", [Step.INTENT, Step.HELD])
def test_a_process_at_work_is_not_disturbed(rollout: Rollout, at_work: None, step: Step) -> None:
    left = left_at(rollout, step)
    with pytest.raises(LostRace, match=f"transition {left.pk} is under way"):
        clear_the_way(seconds=1)
    left.refresh_from_db()
    assert left.step == step


def test_the_same_command_again_after_a_crash_makes_the_whole_move(rollout: Rollout) -> None:
    left_at(rollout, Step.HELD)
    done = carry_out(wish(POST), wait=1)
    assert (done.step, write_flag(), epoch_of(rollout)) == (Step.DONE, WriteFlag.TARGET_MIRROR, 5)


def test_the_task_leaves_a_living_process_alone(rollout: Rollout, at_work: None) -> None:
    left_at(rollout, Step.HELD)
    recover_transitions()
    assert Transition.objects.get().step == Step.HELD


@pytest.mark.parametrize(
    ("step", "end"), [(Step.INTENT, Step.ABORTED), (Step.HELD, Step.ABORTED), (Step.FLIPPED, Step.DONE)]
)
def test_the_task_ends_what_is_left(rollout: Rollout, step: Step, end: Step) -> None:
    left_at(rollout, step)
    recover_transitions()
    assert Transition.objects.get().step == end
    recover_transitions()


def test_the_task_waits_on_for_a_silent_process(rollout: Rollout) -> None:
    left_at(rollout, Step.FLIPPED)
    holder(acked=1)
    recover_transitions()
    assert Transition.objects.get().step == Step.FLIPPED


def test_only_the_same_wish_finishes_a_flip(rollout: Rollout) -> None:
    left = left_at(rollout, Step.FLIPPED)
    assert flipped_for(wish(POST)) == left
    assert flipped_for(wish(POST, to=Phase.CUTOVER)) == left
    assert flipped_for(wish(POST, to=Phase.DECOMMISSION)) is None
    assert flipped_for(wish(POST, "rollback")) is None
    assert flipped_for(wish(LATEST)) is None
    Transition.objects.update(step=Step.HELD)
    assert flipped_for(wish(POST)) is None


def test_only_the_same_share_finishes_a_ramp(rollout: Rollout) -> None:
    left = intent(LATEST, Phase.CUTOVER, Phase.CUTOVER, verb="ramp", step=Step.FLIPPED, epoch=2)
    Transition.objects.update(percent=50)
    assert flipped_for(wish(LATEST, "ramp", percent=50)) == left
    assert flipped_for(wish(LATEST, "ramp", percent=60)) is None


def test_overtaking_nothing_is_nothing(rollout: Rollout) -> None:
    overtake()
    assert epoch_of(rollout) == 1


def test_recovery_that_cannot_see_all_confirmed_says_so(rollout: Rollout) -> None:
    left = left_at(rollout, Step.FLIPPED)
    silent = holder(acked=1)
    with pytest.raises(StillWaiting, match=str(silent).replace("(", r"\(").replace(")", r"\)")):
        recover(left, seconds=0.1)
