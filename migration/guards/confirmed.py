"""Every live process confirmed the current epoch, so that never more than two vectors are alive (protocol F5)."""

from __future__ import annotations

from migration.enums import HolderState
from migration.guards.answer import Answer, Move
from migration.models import Holder


def confirmed(move: Move) -> Answer:
    return all_confirmed(move.rollout.epoch)


def all_confirmed(epoch: int) -> Answer:
    behind = Holder.objects.filter(state=HolderState.LIVE, acked_epoch__lt=epoch).order_by("pk")
    missing = [str(holder) for holder in behind]
    if missing:
        reason = f"not yet on epoch {epoch}: {', '.join(missing)}; wait, or end those processes"
        return Answer("confirmed", ok=False, reason=reason, evidence={"missing": missing})
    return Answer("confirmed", ok=True, reason=f"every live process is on epoch {epoch}")
