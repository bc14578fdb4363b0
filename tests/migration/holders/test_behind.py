"""Who is waited for: every live process, and in a hold only those that admit new comments (protocol F5, F6)."""

from __future__ import annotations

import pytest

from migration.enums import HolderState
from migration.holders.behind import behind
from migration.models import Holder, Rollout
from tests.migration.vectors import holder


def of_kind(kind: str, *, acked: int = 1) -> Holder:
    row = holder(acked=acked)
    Holder.objects.filter(pk=row.pk).update(kind=kind)
    return row


def test_every_live_process_below_the_epoch_is_behind(rollout: Rollout) -> None:
    slow = [of_kind(kind) for kind in ("web", "worker", "command", "push")]
    of_kind("web", acked=2)
    holder(state=HolderState.DEAD)
    assert [row.pk for row in behind(2)] == [row.pk for row in slow]


@pytest.mark.parametrize("kind", ["worker", "command", "push"])
def test_in_a_hold_a_process_that_admits_no_comment_is_not_waited_for(rollout: Rollout, kind: str) -> None:
    """One that is stopped would else make every move of the authority fail."""
    writer = of_kind("web")
    of_kind(kind)
    assert [row.pk for row in behind(2, writers=True)] == [writer.pk]
