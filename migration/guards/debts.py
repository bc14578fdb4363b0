"""Nothing is owed: before a store loses its mirror or its authority, what it has must be in the other one (D5)."""

from __future__ import annotations

from migration.guards.answer import Answer, Move
from migration.ledger.entries import UNPAID
from migration.models import Debt


def debts(move: Move) -> Answer:
    unpaid = Debt.objects.filter(state__in=UNPAID).count()
    reason = f"{unpaid} comments are owed to a store: see `manage.py ledger status`" if unpaid else "nothing is owed"
    return Answer("debts", ok=not unpaid, reason=reason, evidence={"unpaid": unpaid})
