"""The target decides, or is alone, only when it answers every enabled read for every room (design section 6)."""

from __future__ import annotations

import pytest

from chat.data import Endpoint
from migration.enums import Phase
from migration.guards.ramped import ramped
from migration.models import Rollout, Route
from migration.transitions.planning import plan
from tests.migration.vectors import LATEST, POST, place, stand, wish


def test_a_write_asks_it_of_every_enabled_read(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER, ramp=100)
    assert ramped(plan(wish(POST))).ok
    place(LATEST, Phase.CUTOVER, ramp=99)
    place(Endpoint.ALL_COMMENTS, Phase.SHADOW)
    answer = ramped(plan(wish(POST)))
    assert not answer.ok
    assert "not served by the target alone: all_comments at 0 %, latest_comments at 99 %" in answer.reason


def test_a_read_that_no_address_serves_is_left_out(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER, ramp=100)
    place(LATEST, Phase.CUTOVER, ramp=50)
    Route.objects.filter(endpoint=LATEST).update(enabled=False)
    assert ramped(plan(wish(POST))).ok


def test_a_read_asks_it_of_itself_alone(rollout: Rollout) -> None:
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER, ramp=10)
    place(LATEST, Phase.CUTOVER, ramp=100)
    assert ramped(plan(wish(LATEST))).ok
    assert not ramped(plan(wish(Endpoint.ALL_COMMENTS))).ok


@pytest.mark.parametrize(("phase", "share"), [(Phase.DECOMMISSION, True), (Phase.SHADOW, False), (Phase.DUAL, False)])
def test_a_share_left_over_from_another_phase_counts_for_nothing(rollout: Rollout, phase: Phase, share: bool) -> None:
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER, ramp=100)
    place(LATEST, phase, ramp=0 if share else 100)
    assert ramped(plan(wish(POST, "advance"))).ok is share
