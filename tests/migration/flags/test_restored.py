"""After an older control database was restored: refused by all who saw a newer one, until somebody says go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from chat.exceptions import NotServing
from migration.enums import Phase, Step
from migration.exceptions import Refused
from migration.flags.policy import RoutedPolicy, make_policy
from migration.flags.restored import raise_epoch_above
from migration.models import AuditEvent, Holder, Rollout, StoreState
from tests.migration.vectors import LATEST, POST, epoch_of, flip_to, hold, intent, is_complete

Make = Callable[[], RoutedPolicy]


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path


def restore(epoch: int) -> None:
    """Of the whole database only what matters here: its epoch, and that nobody in it has confirmed a newer one."""
    Rollout.objects.update(epoch=epoch)
    Holder.objects.update(acked_epoch=epoch)


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
    policy = make()
    restore(1)
    StoreState.objects.update(complete=True)
    policy.poll()
    assert raise_epoch_above(2, actor="ada", reason="disk lost, backup of Monday") == 3
    policy.poll()
    assert post(policy) == 3
    assert Holder.objects.get().acked_epoch == 3
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
        raise_epoch_above(4, actor="ada", reason="why not")
    assert epoch_of(rollout) == 5


def test_a_copy_made_in_a_hold_is_let_go_first(rollout: Rollout) -> None:
    """Raised over it, the abort's compare-and-set would never fit again."""
    epoch = hold(rollout)
    held = intent(POST, Phase.DUAL, Phase.CUTOVER, step=Step.HELD, epoch=epoch)
    with pytest.raises(Refused, match=f"transition {held.pk} held the writes"):
        raise_epoch_above(9, actor="ada", reason="disk lost")
    assert epoch_of(rollout) == epoch


def test_without_a_reason_nothing_changes(rollout: Rollout) -> None:
    with pytest.raises(Refused, match="say why"):
        raise_epoch_above(9, actor="ada", reason=" ")
    assert epoch_of(rollout) == 1
