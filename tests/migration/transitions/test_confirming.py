"""Any process may end a flipped transition, and says who is missing if it cannot."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connections

from migration.enums import Phase, Step
from migration.exceptions import StillWaiting
from migration.models import Holder, Rollout, Transition
from migration.transitions.confirming import confirm
from tests.migration.vectors import POST, holder, intent


def test_the_record_says_how_many_and_how_long(rollout: Rollout) -> None:
    holder(acked=2)
    holder(acked=2)
    done = confirm(intent(POST, Phase.LEGACY, Phase.DUAL, step=Step.FLIPPED, epoch=2), seconds=5)
    assert (done.step, done.holders, done.detail) == (Step.DONE, 2, "")
    assert done.ack_ms is not None
    assert done.ack_ms < 1000


def test_who_is_missing_is_in_the_error_and_the_record(rollout: Rollout) -> None:
    behind = holder(acked=1)
    flipped = intent(POST, Phase.LEGACY, Phase.DUAL, step=Step.FLIPPED, epoch=2)
    with pytest.raises(StillWaiting) as caught:
        confirm(flipped, seconds=0.1)
    assert str(caught.value) == (
        f"epoch 2 (post_comment in dual) is in force, but not confirmed by {behind}. "
        "End those processes or wait, then repeat the command."
    )
    row = Transition.objects.get()
    assert (row.step, row.detail, row.holders) == (Step.FLIPPED, f"not confirmed by: {behind}", 1)


def test_closed_by_another_process_while_this_one_waits_it_is_done(rollout: Rollout) -> None:
    """Waiting with a lease of a transition that has moved on would else look like a lost race."""
    holder(acked=1)
    flipped = intent(POST, Phase.LEGACY, Phase.DUAL, step=Step.FLIPPED, epoch=2)

    def close() -> None:
        time.sleep(0.3)
        Transition.objects.update(step=Step.DONE, detail="overtaken")
        connections["default"].close()

    thread = threading.Thread(target=close)
    thread.start()
    done = confirm(flipped, seconds=10)
    thread.join()
    assert (done.step, done.detail) == (Step.DONE, "overtaken")


def test_two_processes_may_confirm_at_once(rollout: Rollout) -> None:
    first = intent(POST, Phase.LEGACY, Phase.DUAL, step=Step.FLIPPED, epoch=2)
    second = Transition.objects.get(pk=first.pk)
    assert confirm(first, seconds=1).step == Step.DONE
    finished = first.finished_at
    assert confirm(second, seconds=1).step == Step.DONE
    assert second.finished_at == finished
    assert not Holder.objects.exists()
