"""A wish becomes one step, or a sentence that says what is possible instead."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from chat.conf import env
from chat.data import Endpoint
from migration.enums import Phase
from migration.exceptions import IllegalMove
from migration.models import Rollout
from migration.transitions.planning import active_rollout, plan
from tests.migration.vectors import LATEST, POST, place, wish


@pytest.mark.parametrize(
    ("endpoint", "before", "verb", "after", "percent"),
    [
        (POST, Phase.LEGACY, "advance", Phase.DUAL, None),
        (POST, Phase.DUAL, "advance", Phase.CUTOVER, None),
        (POST, Phase.CUTOVER, "rollback", Phase.DUAL, None),
        (LATEST, Phase.DUAL, "advance", Phase.SHADOW, None),
        (LATEST, Phase.SHADOW, "advance", Phase.CUTOVER, 10),
        (LATEST, Phase.CUTOVER, "rollback", Phase.SHADOW, None),
        (LATEST, Phase.DECOMMISSION, "rollback", Phase.CUTOVER, 100),
    ],
)
def test_one_step(
    rollout: Rollout, endpoint: Endpoint, before: Phase, verb: str, after: Phase, percent: int | None
) -> None:
    place(endpoint, before)
    move = plan(wish(endpoint, verb))
    assert (move.before, move.after, move.percent, move.rollout.epoch) == (before, after, percent, 1)


def test_the_first_share_is_a_setting(rollout: Rollout, settings: Settings) -> None:
    settings.ENV = env().model_copy(update={"ramp_percent_default": 3})
    place(LATEST, Phase.SHADOW)
    assert plan(wish(LATEST)).percent == 3


def test_a_step_that_leads_elsewhere_is_refused(rollout: Rollout) -> None:
    with pytest.raises(IllegalMove, match="post_comment is in legacy; one step advance leads to dual, not cutover"):
        plan(wish(POST, to=Phase.CUTOVER))
    assert plan(wish(POST, to=Phase.DUAL)).after is Phase.DUAL


def test_a_phase_the_endpoint_does_not_have_is_refused_as_such(rollout: Rollout) -> None:
    with pytest.raises(IllegalMove, match="a write endpoint has no phase shadow"):
        plan(wish(POST, to=Phase.SHADOW))


@pytest.mark.parametrize(("endpoint", "phase"), [(POST, Phase.CUTOVER), (LATEST, Phase.SHADOW)])
def test_only_a_read_in_cutover_has_a_share(rollout: Rollout, endpoint: Endpoint, phase: Phase) -> None:
    place(endpoint, phase)
    with pytest.raises(IllegalMove, match="only a read endpoint in cutover has a ramp"):
        plan(wish(endpoint, "ramp", percent=50))


@pytest.mark.parametrize(("endpoint", "phase"), [(POST, Phase.CUTOVER), (LATEST, Phase.DUAL)])
def test_only_a_read_in_shadow_or_cutover_has_a_shadow(rollout: Rollout, endpoint: Endpoint, phase: Phase) -> None:
    place(endpoint, phase)
    with pytest.raises(IllegalMove, match=f"in shadow or cutover has a shadow; .* in {phase.value}"):
        plan(wish(endpoint, "shadow", percent=5))


@pytest.mark.parametrize("phase", [Phase.SHADOW, Phase.CUTOVER])
def test_a_shadow_stays_in_its_phase(rollout: Rollout, phase: Phase) -> None:
    place(LATEST, phase)
    move = plan(wish(LATEST, "shadow", percent=0))
    assert (move.before, move.after, move.percent) == (phase, phase, 0)


def test_without_a_rollout_there_is_nothing_to_move(rollout: Rollout) -> None:
    Rollout.objects.update(active=False)
    with pytest.raises(IllegalMove, match=r"manage\.py migrate"):
        active_rollout()


def test_only_a_read_that_goes_back_overtakes() -> None:
    assert wish(LATEST, "rollback").overtakes
    assert not wish(LATEST, "advance").overtakes
    assert not wish(POST, "rollback").overtakes
