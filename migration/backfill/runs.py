"""Starts and closes backfill runs."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from migration.audit.record import record
from migration.backfill.scanning import expected_items
from migration.enums import HolderState, Kind, RunKind, RunState, SegmentState, WriteFlag
from migration.exceptions import Refused
from migration.models import Holder, Rollout, Route, Run, Segment, StoreState
from migration.segments.progress import progress, trouble

DEFAULT_SEGMENTS = 4
"""Measured on two cores: a scan gains little beyond four segments (docs/engines)."""

MIRRORED = (WriteFlag.SOURCE_MIRROR, WriteFlag.TARGET_MIRROR)


def start(*, segments: int, actor: str) -> Run:
    """A run with its segments, all waiting. Raises `Refused` unless the target would stay complete after it."""
    # Asked before the transaction: an engine may take its time, and the control database waits for nobody.
    expected = expected_items()
    with transaction.atomic():
        # The lock makes two starts at once take turns; on SQLite every writing transaction does.
        rollout = Rollout.objects.select_for_update().get(active=True)
        reasons = _reasons_against(rollout)
        if reasons:
            raise Refused(reasons)
        run = Run.objects.create(
            kind=RunKind.BACKFILL,
            source=rollout.source,
            target=rollout.target,
            epoch=rollout.epoch,
            expected=expected,
        )
        Segment.objects.bulk_create([Segment(run=run, number=number) for number in range(segments)])
        record(
            actor=actor,
            action="backfill.start",
            subject=f"run {run.pk}",
            after={"segments": segments, "epoch": run.epoch},
        )
    return run


def _reasons_against(rollout: Rollout) -> list[str]:
    """Protocol F2: a backfill makes its target complete only if it began after every process mirrors to it."""
    reasons = []
    write = Route.objects.get(rollout=rollout, kind=Kind.WRITE)
    if write.write_flag not in MIRRORED:
        reasons.append(
            f"writes are not mirrored to {rollout.target}: what is posted during the copy would be missed. "
            f"Run `manage.py route advance {write.endpoint} --reason ...` first"
        )
    behind = Holder.objects.filter(state=HolderState.LIVE, acked_epoch__lt=rollout.epoch)
    reasons += [f"{holder} has not confirmed epoch {rollout.epoch} yet" for holder in behind]
    if Run.objects.filter(kind=RunKind.BACKFILL, state=RunState.RUNNING).exists():
        reasons.append("a backfill is running: see `manage.py backfill status`, or go on with `backfill resume`")
    return reasons


def close_if_done(run_id: int) -> Run:
    """Closes the run when no segment is left; the last worker does, or whoever looks. Safe to call at any time."""
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        states = set(run.segments.values_list("state", flat=True))
        if run.state == RunState.RUNNING and states <= {SegmentState.DONE, SegmentState.FAILED}:
            _close(run)
    return run


def _close(run: Run) -> None:
    state = StoreState.objects.select_for_update().get(rollout__active=True, store=run.target)
    run.error = _fault(run, state)
    run.state = RunState.FAILED if run.error else RunState.DONE
    run.finished_at = timezone.now()
    run.save()
    if run.state == RunState.DONE:
        state.complete = True
        state.evidence = {"set_by": f"backfill {run.pk}", "epoch": run.epoch}
        state.save()


def _fault(run: Run, state: StoreState) -> str:
    """Why the target is not complete after this run; empty if it is."""
    accounts = progress(run)
    if failed := trouble(run):
        return f"{failed}. Mend that, then start a new backfill"
    if not accounts.balanced:
        return (
            f"accounts do not balance: read {accounts.read}, but written {accounts.written}, quarantined "
            f"{accounts.quarantined} and skipped {accounts.skipped}"
        )
    if not _mirrored_throughout(run, state):
        return f"writes stopped being mirrored to {run.target} meanwhile, so it misses some: start a new backfill"
    return ""


def _mirrored_throughout(run: Run, state: StoreState) -> bool:
    """No epoch since the run's start stopped writing the target: else it missed something (protocol F2)."""
    mirrored = Route.objects.filter(rollout__active=True, kind=Kind.WRITE, write_flag__in=[*MIRRORED, WriteFlag.HELD])
    return mirrored.exists() and state.evidence.get("epoch", 0) <= run.epoch
