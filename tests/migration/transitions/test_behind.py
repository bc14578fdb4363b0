"""Who is missing, and for how long."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from migration.enums import HolderState
from migration.models import AuditEvent, Holder, Rollout
from migration.transitions.behind import behind
from migration.transitions.moving import carry_out
from tests.migration.vectors import LATEST, POST, holder, wish


def registered(holder: Holder, *, seconds_ago: float) -> None:
    Holder.objects.filter(pk=holder.pk).update(registered_at=timezone.now() - timedelta(seconds=seconds_ago))


def test_the_clock_runs_from_the_first_epoch_it_missed(rollout: Rollout) -> None:
    carry_out(wish(POST), wait=0)
    carry_out(wish(LATEST), wait=0)
    registered(late := holder(acked=1), seconds_ago=900)
    registered(later := holder(acked=2), seconds_ago=900)
    holder(acked=3)
    holder(acked=0, state=HolderState.DEAD)
    made = list(AuditEvent.objects.order_by("pk").values_list("at", flat=True))
    found = behind(3)
    assert [(one.id, one.holder, one.epoch) for one in found] == [(late.pk, str(late), 1), (later.pk, str(later), 2)]
    gap = found[0].seconds - found[1].seconds
    assert abs(gap - (made[1] - made[0]).total_seconds()) <= 0.2
    assert 0 <= found[0].seconds < 60


def test_one_that_has_just_come_is_not_late_for_what_was_before_it(rollout: Rollout) -> None:
    carry_out(wish(POST), wait=0)
    registered(holder(acked=0), seconds_ago=5)
    assert 5 <= behind(2)[0].seconds < 30


def test_all_on_the_epoch_is_nobody(rollout: Rollout) -> None:
    holder(acked=1)
    assert behind(1) == []


def test_it_reads_as_a_sentence(rollout: Rollout) -> None:
    registered(silent := holder(acked=0), seconds_ago=7)
    assert str(behind(1)[0]).startswith(f"{silent} is on epoch 0, behind for 7 s")
