"""The proven dead are marked, and nobody else."""

from __future__ import annotations

import pytest
from django.db import connections

from migration.enums import HolderState
from migration.holders import dead as module
from migration.holders.dead import bury_proven_dead
from migration.holders.identity import own_host, own_identity
from migration.holders.register import register
from migration.models import Holder, Rollout
from tests.migration.vectors import holder

NOBODY = 2**22 + 1
"""Above the highest process id Linux gives."""


def dead_here(*, state: HolderState = HolderState.LIVE, slot: int) -> Holder:
    return Holder.objects.create(kind="web", host=own_host(), pid=NOBODY, started=1, slot=slot, state=state)


def test_only_live_holders_of_this_host_without_a_process_are_buried(rollout: Rollout) -> None:
    alive = register("web")
    elsewhere = holder(slot=50)
    gone = [dead_here(slot=51), dead_here(slot=52)]
    left = dead_here(slot=53, state=HolderState.LEFT)
    assert bury_proven_dead() == 2
    states = dict(Holder.objects.values_list("pk", "state"))
    assert states == {
        alive.holder_id: HolderState.LIVE,
        elsewhere.pk: HolderState.LIVE,
        left.pk: HolderState.LEFT,
        **{holder.pk: HolderState.DEAD for holder in gone},
    }
    assert bury_proven_dead() == 0


def test_a_new_process_under_the_same_number_does_not_keep_the_old_one_alive(rollout: Rollout) -> None:
    who = own_identity()
    old = Holder.objects.create(kind="web", host=who.host, pid=who.pid, started=who.started - 1, slot=9)
    assert bury_proven_dead() == 1
    old.refresh_from_db()
    assert old.state == HolderState.DEAD


OTHER_BOOT = "00000000-1111-2222-3333-444444444444 pid:[4026531836]"


def before_the_restart(slot: int) -> Holder:
    return Holder.objects.create(kind="web", host=OTHER_BOOT, pid=1, started=1, slot=slot)


def test_a_start_of_the_machine_proves_all_that_ran_before_it_dead(
    rollout: Rollout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where the database serves one machine: on another one the same pid may well live."""
    gone = before_the_restart(slot=1)
    monkeypatch.setattr(module, "serves_one_host", lambda: False)
    assert bury_proven_dead() == 0
    monkeypatch.setattr(module, "serves_one_host", lambda: True)
    assert bury_proven_dead() == 1
    gone.refresh_from_db()
    assert gone.state == HolderState.DEAD


def test_a_database_that_several_machines_may_share_proves_nothing(rollout: Rollout) -> None:
    assert module.serves_one_host() is (connections["default"].vendor == "sqlite")


def test_a_container_of_this_very_start_of_the_machine_is_not_proven_dead(rollout: Rollout) -> None:
    """Its processes cannot be seen from here."""
    boot = own_host().partition(" ")[0]
    Holder.objects.create(kind="web", host=f"{boot} pid:[1]", pid=NOBODY, started=1, slot=2)
    assert bury_proven_dead() == 0
