"""The wait for confirmations ends when the last live process confirmed, and not before (protocol F3 to F5)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connections

from migration.enums import HolderState, Phase, Step
from migration.exceptions import LostRace
from migration.holders.identity import own_host
from migration.models import Holder, Rollout, Transition
from migration.transitions.waiting import await_confirmation, keep_lease
from tests.migration.vectors import POST, holder, intent


def later(seconds: float, action: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        time.sleep(seconds)
        action()
        connections["default"].close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_nobody_to_wait_for(rollout: Rollout) -> None:
    confirmation = await_confirmation(2, seconds=5)
    assert (confirmation.holders, confirmation.missing) == (0, ())
    assert confirmation.seconds < 1


def test_it_waits_for_the_last_live_process(rollout: Rollout) -> None:
    holder(acked=2)
    slow = holder(acked=1)
    holder(acked=0, state=HolderState.DEAD)
    holder(acked=0, state=HolderState.LEFT)
    thread = later(0.3, lambda: Holder.objects.filter(pk=slow.pk).update(acked_epoch=2))
    confirmation = await_confirmation(2, seconds=10)
    thread.join()
    assert (confirmation.holders, confirmation.missing) == (2, ())
    assert 0.3 <= confirmation.seconds < 3


def test_who_is_missing_at_the_end_is_named(rollout: Rollout) -> None:
    behind = holder(acked=1)
    confirmation = await_confirmation(2, seconds=0.1)
    assert confirmation.missing == (str(behind),)
    assert 0.1 <= confirmation.seconds < 1


def test_a_process_that_died_on_this_host_is_not_waited_for(rollout: Rollout) -> None:
    Holder.objects.create(kind="web", host=own_host(), pid=2**22 + 1, started=1, slot=1)
    confirmation = await_confirmation(2, seconds=10)
    assert (confirmation.holders, confirmation.missing) == (0, ())
    assert confirmation.seconds < 5


def test_the_lease_is_kept_while_it_waits(rollout: Rollout) -> None:
    holder(acked=1)
    moving = intent(POST, Phase.DUAL, Phase.CUTOVER, step=Step.FLIPPED)
    await_confirmation(2, seconds=0.4, still=lambda: keep_lease(moving))
    assert Transition.objects.get().beats >= 3


def test_a_transition_that_was_taken_over_has_no_lease_to_keep(rollout: Rollout) -> None:
    moving = intent(POST, Phase.DUAL, Phase.CUTOVER, step=Step.HELD)
    keep_lease(moving)
    Transition.objects.update(step=Step.ABORTED)
    with pytest.raises(LostRace):
        keep_lease(moving)
    assert Transition.objects.get().beats == 1
