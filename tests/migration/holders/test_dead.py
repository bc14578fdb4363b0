"""The proven dead are marked, and nobody else."""

from __future__ import annotations

from migration.enums import HolderState
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
