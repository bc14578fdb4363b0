"""No move starts while a live process acts on older flags (protocol F5)."""

from __future__ import annotations

from migration.enums import HolderState
from migration.guards.confirmed import all_confirmed, confirmed
from migration.models import Rollout
from migration.transitions.planning import plan
from tests.migration.vectors import POST, holder, new_epoch, wish


def test_a_live_process_behind_is_named(rollout: Rollout) -> None:
    epoch = new_epoch(rollout)
    behind, _ = holder(acked=epoch - 1), holder(acked=epoch)
    answer = confirmed(plan(wish(POST)))
    assert not answer.ok
    assert answer.reason == f"not yet on epoch {epoch}: {behind}; wait, or end those processes"


def test_the_dead_and_those_who_left_are_not_waited_for(rollout: Rollout) -> None:
    epoch = new_epoch(rollout)
    holder(acked=0, state=HolderState.DEAD)
    holder(acked=0, state=HolderState.LEFT)
    holder(acked=epoch)
    assert all_confirmed(epoch).ok


def test_a_process_that_has_just_registered_is_behind(rollout: Rollout) -> None:
    holder(acked=0)
    assert not all_confirmed(1).ok
