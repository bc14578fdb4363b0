"""A named operator's word that a silent process is gone, where nothing proves it (protocol F9)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from migration.audit.record import record
from migration.enums import UNFINISHED, HolderState, Kind, Phase, RunKind, RunState, SegmentState, WriteFlag
from migration.exceptions import Refused
from migration.holders.dead import bury_proven_dead, is_proven_dead
from migration.holders.identity import own_host
from migration.models import Holder, Rollout, Route, Run, Segment, StoreState

OF_SOURCE = (WriteFlag.SOURCE, WriteFlag.SOURCE_MIRROR)
PROVING = (RunKind.BACKFILL, RunKind.PARITY)
LEFT = (SegmentState.PENDING, SegmentState.LEASED)


def declare_dead(holder_id: int, *, how: str, actor: str) -> Holder:
    """Nobody waits for this holder any more. `how` says how it was stopped, or its credentials revoked.

    It may still finish a write it had been admitted for, so no store but the authority counts as complete from here on
    and no unfinished comparison counts; moves wait two engine timeouts (`guards.declared`). Raises `Refused`.
    """
    if not how.strip():
        raise Refused(["say how the process was stopped, or its credentials revoked: the audit keeps it"])
    bury_proven_dead()
    with transaction.atomic(durable=True):
        # First the lock that a flip takes: none falls between the look at the authority and the commit.
        rollout = Rollout.objects.select_for_update().filter(active=True).first()
        holder = _declarable(holder_id)
        changed = Holder.objects.filter(pk=holder.pk, state=HolderState.LIVE).update(
            state=HolderState.DECLARED, declared_by=actor, declared_how=how, declared_at=Now()
        )
        if not changed:
            raise Refused([f"holder {holder_id} has left or died meanwhile: nothing needs to be declared"])
        why = f"holder {holder.pk} was declared dead"
        voided = void_all_but_authority(rollout, why, holder=holder.pk) if rollout else []
        record(
            actor=actor,
            action="holder.declare_dead",
            subject=str(holder),
            reason=how,
            before={"state": HolderState.LIVE, "epoch": holder.acked_epoch, "machine": holder.machine},
            after={"state": HolderState.DECLARED, "voided": voided},
        )
    holder.refresh_from_db()
    return holder


def _declarable(holder_id: int) -> Holder:
    holder = Holder.objects.filter(pk=holder_id).first()
    if holder is None:
        raise Refused([f"there is no holder {holder_id}: see `manage.py holders list --all`"])
    if holder.state != HolderState.LIVE:
        raise Refused([f"holder {holder_id} is not live but {holder.get_state_display()}: nothing waits for it"])
    if holder.host == own_host() and not is_proven_dead(holder):
        raise Refused(
            [
                f"process {holder.pid} lives on this very host. Stop it (`kill {holder.pid}`, then `kill -9`): "
                "it is then proven dead by itself, and nothing has to be declared"
            ]
        )
    return holder


def void_all_but_authority(rollout: Rollout, why: str, **evidence: int) -> list[str]:
    """The stores that were complete and are not any more (protocol F9). Call in a transaction that locked the rollout.

    One that was not complete is voided all the same: a reverse backfill that had ended, and the parity that would
    follow it, prove nothing of what happened since.
    """
    others = StoreState.objects.filter(rollout=rollout).exclude(store=authority_of(rollout))
    voided = sorted(others.filter(complete=True).values_list("store", flat=True))
    for state in others.select_for_update():
        # From there on it lacks comments, whatever came later: a reverse backfill still begins there (protocol F2).
        stopped = {name: value for name, value in state.evidence.items() if name == "stopped_us"}
        state.complete = False
        state.evidence = {"voided_by": why, "epoch": rollout.epoch, **stopped, **evidence}
        state.save()
    _cancel_runs(why)
    return voided


def _cancel_runs(why: str) -> None:
    """What is under way began before, so it proves nothing: what it has walked over it does not see again. Nor does one
    that failed, which could be resumed: cancelled ones cannot."""
    resumable = Run.objects.filter(kind__in=PROVING, state__in=(*UNFINISHED, RunState.FAILED)).order_by("pk")
    # Locked as an update would: a worker that keeps a page holds its segment, and refers to its run.
    for run in resumable.select_for_update(no_key=True):
        failed = run.state == RunState.FAILED
        run.error = (
            f"{why} after it failed: start a new one. {run.error}" if failed else f"{why} while it ran: start a new one"
        )
        run.finished_at = run.finished_at if failed else timezone.now()
        run.state = RunState.CANCELLED
        run.slow_because = ""
        run.save(update_fields=["error", "finished_at", "state", "slow_because"])
        Segment.objects.filter(run=run, state__in=LEFT).update(state=SegmentState.CANCELLED, fence=F("fence") + 1)


def authority_of(rollout: Rollout) -> str:
    """The store that decides writes; in a hold the one that did before it."""
    write = Route.objects.get(rollout=rollout, kind=Kind.WRITE)
    if write.write_flag == WriteFlag.HELD:
        return rollout.source if write.phase == Phase.DUAL else rollout.target
    return rollout.source if write.write_flag in OF_SOURCE else rollout.target
