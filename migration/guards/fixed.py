"""No live process on a fixed DB_BACKEND would contradict the flags after the move (protocol F10). Cannot be waived."""

from __future__ import annotations

from migration.flags.contradictions import fixed_against
from migration.flags.phases import row_of
from migration.guards.answer import Answer, Move


def fixed(move: Move) -> Answer:
    """Of a write endpoint."""
    flag = row_of(move.kind, move.after).write
    against = fixed_against(flag, source=move.rollout.source, target=move.rollout.target)
    if against:
        reason = f"would contradict {flag.value!r}: {', '.join(against)}; start those again with DB_BACKEND=routed"
        return Answer("fixed", ok=False, reason=reason, evidence={"against": against})
    return Answer("fixed", ok=True, reason="no live process on a fixed DB_BACKEND contradicts it")
