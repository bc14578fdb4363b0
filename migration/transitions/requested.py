"""Requests that have not begun: which of them may, which are too old, and how one ends without having begun."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from chat.conf import env
from chat.data import Endpoint
from migration.enums import MirrorMode, Phase, Step
from migration.models import Transition
from migration.transitions.planning import Wish


def waiting() -> QuerySet[Transition]:
    """Oldest first, those that wait for an approval included."""
    return Transition.objects.filter(step=Step.REQUESTED, rollout__active=True).order_by("pk")


def ready() -> QuerySet[Transition]:
    """Those that nobody needs to approve any more."""
    return Transition.objects.filter(Q(approval_needed=False) | Q(approved_at__isnull=False), step=Step.REQUESTED)


def wish_of(requested: Transition) -> Wish:
    """What was asked for. Phase and share are those the requester was shown."""
    return Wish(
        endpoint=Endpoint(requested.endpoint),
        verb=requested.verb,
        actor=requested.actor,
        reason=requested.reason,
        to=Phase(requested.to_phase),
        percent=requested.percent,
        mirror=MirrorMode(requested.mirror_mode) if requested.mirror_mode else None,
        drill=requested.drill_id,
    )


def is_stale(requested: Transition) -> bool:
    """An hour is no matter of clocks that differ by seconds, so wall clocks will do here (unlike protocol T7)."""
    return timezone.now() - requested.created_at > timedelta(seconds=env().request_expires_seconds)


def dismiss(requested: Transition, *, after: Step, detail: str) -> bool:
    """False when it had begun or ended. Leaves `Rollout.moving` alone: another transition may be under way."""
    changed = Transition.objects.filter(pk=requested.pk, step=Step.REQUESTED).update(
        step=after, detail=detail, finished_at=timezone.now()
    )
    requested.refresh_from_db()
    return bool(changed)
