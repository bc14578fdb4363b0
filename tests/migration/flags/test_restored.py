"""After an older control database was restored: refused by all who saw a newer one, until somebody says go on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from chat.exceptions import NotServing
from migration.enums import HolderState, Phase, RunKind, RunState, Step
from migration.exceptions import Refused
from migration.flags.policy import RoutedPolicy, make_policy
from migration.flags.restored import raise_epoch_above
from migration.holders.identity import own_host
from migration.models import AuditEvent, Holder, Rollout, Run, StoreState
from tests.migration.vectors import LATEST, POST, epoch_of, flip_to, hold, holder, intent, is_complete, stand

Make = Callable[[], RoutedPolicy]


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def restore(epoch: int) -> None:
    """Of the whole database only what matters here: its epoch, and that nobody in it has confirmed a newer one."""
    Rollout.objects.update(epoch=epoch)
    Holder.objects.update(acked_epoch=epoch)


def go_on(above: int, *, authority: str = "dynamodb", reason: str = "disk lost, backup of Monday") -> int:
    return raise_epoch_above(above, authority=authority, actor="ada", reason=reason)


def post(policy: RoutedPolicy) -> int:
    with policy.admit_write() as route:
        return route.epoch


def test_a_running_process_refuses_writes_and_says_why(rollout: Rollout, make: Make) -> None:
    flip_to(rollout, POST, Phase.DUAL)
    policy = make()
    assert post(policy) == 2
    restore(1)
    policy.poll()
    for asked in (lambda: post(policy), policy.health):
        with pytest.raises(NotServing, match="on epoch 1, but epoch 2 was acted under already"):
            asked()
    # Reads go on by the newest flags it knows; nothing is confirmed.
    with policy.admit_read(LATEST, "chat") as read:
        assert read.epoch == 2
    assert Holder.objects.get().acked_epoch == 1


def test_it_serves_on_when_the_newest_copy_is_back(rollout: Rollout, make: Make) -> None:
    flip_to(rollout, POST, Phase.DUAL)
    policy = make()
    restore(1)
    policy.poll()
    Rollout.objects.update(epoch=2)
    policy.poll()
    assert post(policy) == 2
    assert policy.health().epoch == 2


def test_a_process_that_was_started_again_refuses_too_and_leaves_no_row(rollout: Rollout, make: Make) -> None:
    flip_to(rollout, POST, Phase.DUAL)
    make().close()
    restore(1)
    for _ in range(2):
        with pytest.raises(NotServing, match="on epoch 1, but epoch 2 was acted under already"):
            make_policy()
    assert Holder.objects.count() == 1


def test_going_on_above_every_epoch_seen(rollout: Rollout, make: Make) -> None:
    flip_to(rollout, POST, Phase.DUAL)
    make().close()
    restore(1)
    StoreState.objects.update(complete=True)
    assert go_on(2) == 3
    policy = make()
    assert post(policy) == 3
    policy.poll()
    assert Holder.objects.get(state=HolderState.LIVE).acked_epoch == 3
    assert (is_complete("dynamodb"), is_complete("scylla-room")) == (True, False)
    event = AuditEvent.objects.get(action="rollout.restored")
    assert (event.actor, event.reason) == ("ada", "disk lost, backup of Monday")
    assert (event.before, event.after) == (
        {"epoch": 1},
        {"epoch": 3, "authority": "dynamodb", "voided": ["scylla-room"]},
    )


def test_a_needless_one_is_refused(rollout: Rollout) -> None:
    Rollout.objects.update(epoch=5)
    with pytest.raises(Refused, match="on epoch 5 already, which is above 4"):
        go_on(4)
    assert epoch_of(rollout) == 5


def test_a_copy_made_in_a_hold_is_let_go_first(rollout: Rollout) -> None:
    """Raised over it, the abort's compare-and-set would never fit again."""
    epoch = hold(rollout)
    held = intent(POST, Phase.DUAL, Phase.CUTOVER, step=Step.HELD, epoch=epoch)
    with pytest.raises(Refused, match=f"transition {held.pk} held the writes"):
        go_on(9)
    assert epoch_of(rollout) == epoch


def test_without_a_reason_nothing_changes(rollout: Rollout) -> None:
    with pytest.raises(Refused, match="say why"):
        go_on(9, reason=" ")
    assert epoch_of(rollout) == 1


def test_it_is_refused_beside_live_processes_which_are_named(rollout: Rollout, make: Make) -> None:
    flip_to(rollout, POST, Phase.DUAL)
    mine = make()
    restore(1)
    far, near = holder(), Holder.objects.get(host=own_host())
    with pytest.raises(Refused, match=rf"registered as live: {re.escape(str(near))}, {re.escape(str(far))}\. End them"):
        go_on(2)
    assert epoch_of(rollout) == 1
    mine.close()
    far.delete()
    assert go_on(2) == 3


def test_the_dead_of_this_host_do_not_count(rollout: Rollout) -> None:
    """They ran when the copy was made."""
    gone = Holder.objects.create(kind="web", host=own_host(), pid=2**22 + 1, started=1, slot=5)
    assert go_on(2) == 3
    gone.refresh_from_db()
    assert gone.state == HolderState.DEAD


def test_the_operator_names_the_store_that_decides_writes(rollout: Rollout) -> None:
    """The copy was made before the authority moved: everything but the wrong store would be voided."""
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    with pytest.raises(Refused, match=r"dynamodb decides writes, not scylla-room.* make that move again first"):
        go_on(7, authority="scylla-room")
    assert (epoch_of(rollout), is_complete("scylla-room")) == (1, True)
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    assert go_on(7, authority="scylla-room") == 8
    assert (is_complete("dynamodb"), is_complete("scylla-room")) == (False, True)


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.PAUSED, RunState.FAILED])
def test_what_was_under_way_when_the_copy_was_made_proves_nothing(rollout: Rollout, state: RunState) -> None:
    Run.objects.create(kind=RunKind.BACKFILL, state=state, source="dynamodb", target="scylla-room", epoch=1)
    go_on(2)
    run = Run.objects.get()
    assert run.state == RunState.CANCELLED
    assert run.error.startswith("an older control database was restored (epoch 1) ")
