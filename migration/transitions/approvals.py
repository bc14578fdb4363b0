"""Which moves need a second person: those after which the target decides, or decides alone."""

from __future__ import annotations

from chat.conf import env
from migration.enums import Kind, Phase
from migration.guards.answer import Answer, Move
from migration.models import Transition
from migration.transitions.planning import Wish

PHASES = (Phase.CUTOVER, Phase.DECOMMISSION)


def approval_needed(wish: Wish, move: Move) -> bool:
    """Never to go back, nor for the way on of a drill: that only returns to where an approved move had led."""
    forward = move.kind is Kind.WRITE and wish.verb == "advance" and wish.drill is None
    return env().approval_required and forward and move.after in PHASES


def approved(wish: Wish, move: Move, requested: Transition | None) -> list[Answer]:
    """One answer where approval is needed, none elsewhere. Asked again when the move begins: the setting may have
    changed since the request."""
    if not approval_needed(wish, move):
        return []
    if requested is None or requested.approved_at is None:
        reason = "a second person must approve this move: request it, and let an approver approve the request"
        return [Answer("approved", ok=False, reason=reason)]
    return [Answer("approved", ok=True, reason=f"approved by {requested.approved_by}")]
