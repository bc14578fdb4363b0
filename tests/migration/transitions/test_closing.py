"""Exactly one process ends a transition."""

from __future__ import annotations

from migration.enums import Phase, Step
from migration.models import Rollout, Transition
from migration.transitions.closing import close
from tests.migration.vectors import POST, intent


def test_the_first_to_close_does_and_the_second_is_told(rollout: Rollout) -> None:
    moving = intent(POST, Phase.LEGACY, Phase.DUAL, step=Step.FLIPPED)
    Rollout.objects.update(moving=True)
    same = Transition.objects.get(pk=moving.pk)
    assert close(moving, before=Step.FLIPPED, after=Step.DONE, detail="first") is True
    finished = moving.finished_at
    assert close(same, before=Step.FLIPPED, after=Step.ABORTED, detail="second") is False
    assert (same.step, same.detail, same.finished_at) == (Step.DONE, "first", finished)
    assert Rollout.objects.get().moving is False


def test_closing_what_went_on_meanwhile_changes_nothing(rollout: Rollout) -> None:
    moving = intent(POST, Phase.LEGACY, Phase.DUAL, step=Step.HELD)
    Rollout.objects.update(moving=True)
    assert close(moving, before=Step.INTENT, after=Step.ABORTED) is False
    assert (moving.step, moving.finished_at, Rollout.objects.get().moving) == (Step.HELD, None, True)
