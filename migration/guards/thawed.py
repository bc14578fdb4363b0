"""Nobody has frozen the rollout. Cannot be waived: `route thaw` is the way."""

from __future__ import annotations

from migration.flags.freeze import frozen
from migration.guards.answer import Answer, Move


def thawed(move: Move) -> Answer:
    """Asked of the database, not of the move: a freeze between plan and flip must refuse the flip."""
    stopped = frozen()
    return Answer("thawed", ok=stopped is None, reason=stopped or "the rollout is not frozen")
