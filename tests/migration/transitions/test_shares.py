"""Changes of a share alone: the ramp of a read in cutover, and how often the other store is asked as well."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from chat.conf import env
from chat.data import Endpoint
from migration.enums import Phase, Step
from migration.exceptions import Refused
from migration.models import AuditEvent, Rollout, Route
from migration.transitions.moving import carry_out
from tests.migration.vectors import LATEST, phase_of, stand, wish


def test_a_ramp_changes_the_share_alone(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER, ramp=10)
    done = carry_out(wish(LATEST, "ramp", percent=50), wait=1)
    route = Route.objects.get(endpoint=LATEST)
    assert (done.step, done.percent, route.phase, route.ramp_percent, route.version) == (
        Step.DONE,
        50,
        "cutover",
        50,
        2,
    )


def shares(endpoint: Endpoint) -> tuple[int, int]:
    route = Route.objects.get(endpoint=endpoint)
    return route.ramp_percent, route.shadow_percent


def test_a_shadow_changes_its_share_alone(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER, ramp=40)
    done = carry_out(wish(LATEST, "shadow", percent=5), wait=1)
    assert (done.step, done.percent, done.epoch, shares(LATEST)) == (Step.DONE, 5, 2, (40, 5))
    event = AuditEvent.objects.get()
    assert (event.action, event.before["shadow"], event.after["shadow"]) == ("route.shadow", 0, 5)


def test_a_shadow_needs_both_stores_and_its_end_needs_none(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER, complete=False)
    Route.objects.filter(endpoint=LATEST).update(shadow_percent=5)
    with pytest.raises(Refused, match="scylla-room is not complete"):
        carry_out(wish(LATEST, "shadow", percent=100), wait=0)
    carry_out(wish(LATEST, "shadow", percent=0), wait=1)
    assert shares(LATEST) == (100, 0)


def test_the_shadow_begins_with_its_phase_and_ends_with_cutover(rollout: Rollout, settings: Settings) -> None:
    settings.ENV = env().model_copy(update={"shadow_percent_default": 7})
    stand(rollout, write=Phase.CUTOVER, reads=Phase.DUAL)
    seen = []
    for verb in ("advance", "advance", "ramp", "advance", "rollback", "rollback", "rollback"):
        carry_out(wish(LATEST, verb, percent=100 if verb == "ramp" else None), wait=1)
        seen.append((phase_of(LATEST), *shares(LATEST)))
    assert seen == [
        (Phase.SHADOW, 0, 7),
        (Phase.CUTOVER, 10, 7),
        (Phase.CUTOVER, 100, 7),
        (Phase.DECOMMISSION, 100, 0),
        (Phase.CUTOVER, 100, 0),
        (Phase.SHADOW, 0, 0),
        (Phase.DUAL, 0, 0),
    ]
