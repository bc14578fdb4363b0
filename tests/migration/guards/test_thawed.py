"""A frozen rollout refuses every move, by the database's word and not by the plan's."""

from __future__ import annotations

from migration.guards.thawed import thawed
from migration.models import Rollout
from migration.transitions.planning import plan
from tests.migration.vectors import POST, wish


def test_a_freeze_after_the_plan_is_seen(rollout: Rollout) -> None:
    move = plan(wish(POST))
    assert thawed(move).ok
    Rollout.objects.update(frozen=True, frozen_by="ada", frozen_reason="odd latencies")
    answer = thawed(move)
    assert (answer.ok, answer.reason) == (
        False,
        "the rollout is frozen by ada: odd latencies; end it with `manage.py route thaw`",
    )


def test_another_rollouts_freeze_does_not_count(rollout: Rollout) -> None:
    Rollout.objects.create(name="old", source="a", target="b", active=False, frozen=True)
    assert thawed(plan(wish(POST))).ok
