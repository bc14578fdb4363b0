"""A process declared dead has had the time to end what it may have begun (protocol F9). Cannot be waived."""

from __future__ import annotations

from datetime import timedelta

from chat.conf import env
from migration.enums import HolderState
from migration.guards.answer import Answer, Move
from migration.holders.instants import database_now
from migration.models import Holder

TIMEOUTS = 2
"""Its write, and the same one again if the first had no answer (protocol W3)."""


def declared(move: Move) -> Answer:
    wait = TIMEOUTS * env().request_timeout_seconds
    now = database_now()
    recent = Holder.objects.filter(state=HolderState.DECLARED, declared_at__gt=now - timedelta(seconds=wait))
    last = recent.order_by("-declared_at").first()
    if last is None or last.declared_at is None:
        return Answer("declared", ok=True, reason="no process was declared dead lately")
    left = wait - (now - last.declared_at).total_seconds()
    reason = f"{last} was declared dead a moment ago and may still end a write: repeat it in {max(left, 0.1):.1f} s"
    return Answer("declared", ok=False, reason=reason, evidence={"holder": last.pk})
