"""When a reverse backfill makes its store complete again: after a whole, clean parity that began after it (F2)."""

from __future__ import annotations

from django.db import transaction

from migration.audit.record import record
from migration.enums import Kind, RunKind, RunState, Way, WriteFlag
from migration.models import Rollout, Route, Run, StoreState

WRITTEN = (WriteFlag.SOURCE, WriteFlag.SOURCE_MIRROR, WriteFlag.HELD, WriteFlag.TARGET_MIRROR)
"""Write flags under which the source is written, or nothing is."""


@transaction.atomic
def complete_by_parity(parity: Run) -> bool:
    """Call inside the transaction that closes a whole and clean parity run. True if it completed the source."""
    rollout = Rollout.objects.select_for_update().get(active=True)
    state = StoreState.objects.select_for_update().get(rollout=rollout, store=rollout.source)
    filled = parity.follows
    if state.complete or filled is None or not _holds(filled, parity, state, rollout):
        return False
    state.complete = True
    state.evidence = {"set_by": f"parity {parity.pk} after backfill {filled.pk}", "epoch": parity.epoch}
    state.save()
    record(
        actor="parity", action="store.complete", subject=state.store, after={"run": parity.pk, "epoch": parity.epoch}
    )
    return True


def last_reverse(rollout: Rollout) -> Run | None:
    """For a parity run that is about to begin: what it will prove. Asked before it reads anything."""
    done = Run.objects.filter(kind=RunKind.BACKFILL, way=Way.REVERSE, target=rollout.source, state=RunState.DONE)
    return done.order_by("-pk").first()


def _holds(filled: Run, parity: Run, state: StoreState, rollout: Rollout) -> bool:
    """Nothing happened since that would void what the two runs prove (protocol F2, C6)."""
    write = Route.objects.get(rollout=rollout, kind=Kind.WRITE)
    return state.evidence == filled.target_evidence and write.write_flag in WRITTEN and write.version <= parity.epoch
