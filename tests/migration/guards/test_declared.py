"""After a declared death moves wait two engine timeouts, by the database's own clock (protocol F9, T7)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings

from chat.conf import env
from migration.enums import HolderState
from migration.guards.declared import declared
from migration.holders.declaring import declare_dead
from migration.holders.instants import database_now
from migration.models import Holder, Rollout
from migration.transitions.planning import plan
from tests.migration.vectors import POST, holder, wish


@pytest.fixture(autouse=True)
def _timeout(settings: Settings) -> None:
    settings.ENV = env().model_copy(update={"request_timeout_seconds": 5.0})


def test_nobody_declared_dead_is_nothing_to_wait_for(rollout: Rollout) -> None:
    holder(state=HolderState.DEAD)
    assert declared(plan(wish(POST))).ok


def test_a_move_waits_for_what_the_declared_one_may_still_end(rollout: Rollout) -> None:
    row = declare_dead(holder().pk, how="switched off", actor="ada")
    answer = declared(plan(wish(POST)))
    assert not answer.ok
    assert answer.reason.startswith(f"{row} was declared dead a moment ago and may still end a write: repeat it in")
    assert answer.evidence == {"holder": row.pk}


@pytest.mark.parametrize(("seconds", "ok"), [(9.0, False), (11.0, True)])
def test_it_waits_two_timeouts(rollout: Rollout, seconds: float, ok: bool) -> None:
    row = holder(state=HolderState.DECLARED)
    Holder.objects.filter(pk=row.pk).update(declared_at=database_now() - timedelta(seconds=seconds))
    assert declared(plan(wish(POST))).ok is ok
