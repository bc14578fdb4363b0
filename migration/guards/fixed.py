"""No live process on a fixed DB_BACKEND would contradict the flags after the move (protocol F10). Cannot be waived."""

from __future__ import annotations

from migration.enums import Kind, WriteFlag
from migration.flags.contradictions import fixed_against
from migration.flags.phases import row_of
from migration.guards.answer import Answer, Move
from migration.models import Route


def fixed(move: Move) -> Answer:
    """Only a write flag can contradict it: it reads from no store but the one it writes. A read's move asks all the
    same: it too ends the time before the first move, in which such a process may stand beside the phases."""
    flag = _write_flag_after(move)
    against = fixed_against(flag, source=move.rollout.source, target=move.rollout.target)
    if against:
        reason = f"would contradict {flag.value!r}: {', '.join(against)}; start those again with DB_BACKEND=routed"
        return Answer("fixed", ok=False, reason=reason, evidence={"against": against})
    return Answer("fixed", ok=True, reason="no live process on a fixed DB_BACKEND contradicts it")


def _write_flag_after(move: Move) -> WriteFlag:
    if move.kind is Kind.WRITE:
        return row_of(move.kind, move.after).write
    return WriteFlag(Route.objects.get(rollout=move.rollout, kind=Kind.WRITE).write_flag)
