"""The switch that stops transitions and background work, and its release; both audited.

What it stops: every new move, also a read going back, and a move between its intent and its flip; a hold ends by going
back to the old authority. Backfill and parity stop at the end of their page or room. What goes on: paying debts, the
recency sweep and the confirmation of what has flipped, for without them data would grow older than promised.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from migration.audit.record import record
from migration.exceptions import Refused
from migration.flags.freeze import frozen
from migration.models import Rollout
from migration.people.roles import Actor, Role, require

THAWED: dict[str, Any] = {"frozen": False, "frozen_by": "", "frozen_reason": "", "frozen_at": None}


def freeze(actor: Actor, *, reason: str) -> None:
    """In force when this returns: no flip commits after it. Raises `NotAllowed`, `Refused` when it is frozen."""
    require(actor, Role.OPERATOR)
    values = {"frozen": True, "frozen_by": actor.name, "frozen_reason": reason, "frozen_at": timezone.now()}
    if not _switch(actor, "freeze", reason, before=False, values=values):
        raise Refused([frozen() or "there is no active rollout"])


def thaw(actor: Actor, *, reason: str) -> None:
    """Work goes on where it was; moves that were refused meanwhile are not made up for. Raises as `freeze`."""
    require(actor, Role.OPERATOR)
    if not _switch(actor, "thaw", reason, before=True, values=THAWED):
        raise Refused(["the rollout is not frozen"])


def _switch(actor: Actor, action: str, reason: str, *, before: bool, values: dict[str, Any]) -> bool:
    """By compare-and-set. It locks the row that a flip changes first, so each flip comes before it or sees it."""
    with transaction.atomic(durable=True):
        rollout = Rollout.objects.select_for_update().filter(active=True, frozen=before).first()
        if rollout is None or not Rollout.objects.filter(pk=rollout.pk, frozen=before).update(**values):
            return False
        record(actor=actor.name, action=f"route.{action}", subject=rollout.name, reason=reason)
    return True
