"""Every live process confirmed the current epoch, so that never more than two vectors are alive (protocol F5)."""

from __future__ import annotations

from migration.guards.answer import Answer, Move
from migration.holders.behind import behind


def confirmed(move: Move) -> Answer:
    return all_confirmed(move.rollout.epoch)


def all_confirmed(epoch: int, *, writers: bool = False) -> Answer:
    """`writers`: only they answer a hold (protocol F6)."""
    missing = [str(holder) for holder in behind(epoch, writers=writers)]
    if missing:
        reason = f"not yet on epoch {epoch}: {', '.join(missing)}; wait, or end those processes"
        return Answer("confirmed", ok=False, reason=reason, evidence={"missing": missing})
    return Answer("confirmed", ok=True, reason=f"every live process is on epoch {epoch}")
