"""Starts and closes backfill runs."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from chat.data import StoreId
from migration.audit.record import record
from migration.backfill.indexed import rooms_to_copy
from migration.backfill.scanning import expected_items
from migration.enums import (
    UNFINISHED,
    HolderState,
    Kind,
    RunKind,
    RunState,
    Way,
    WriteFlag,
)
from migration.exceptions import Refused
from migration.flags.freeze import frozen
from migration.models import Holder, Rollout, Route, Run, Segment, StoreState
from migration.segments.ending import is_over, lock_for_ending
from migration.segments.progress import progress, trouble

DEFAULT_SEGMENTS = 4
"""Measured on two cores: a scan gains little beyond four segments (docs/engines)."""
MARGIN_US = 3_600_000_000
"""A reverse backfill begins one hour before its store was written for the last time (protocol F2)."""

MIRRORED = (WriteFlag.SOURCE_MIRROR, WriteFlag.TARGET_MIRROR)


def start(*, segments: int, actor: str, way: Way = Way.SCAN, reason: str = "") -> Run:
    """A run with its segments, all waiting. Raises `Refused` unless it could make its target complete (protocol F2).

    By rooms there is one segment a room, and one for what the index does not show; `segments` is left out of account.
    """
    # Asked before the transaction: an engine may take its time, and the control database waits for nobody.
    seen = Rollout.objects.get(active=True)
    _refuse(seen, way)
    expected = expected_items() if way is not Way.REVERSE else 0
    labels = [""] * segments if way is not Way.ROOMS else ["", *rooms_to_copy(StoreId(seen.source))]
    with transaction.atomic():
        # The lock makes two starts at once take turns; on SQLite every writing transaction does.
        rollout = Rollout.objects.select_for_update().get(active=True)
        _refuse(rollout, way)
        if way is Way.ROOMS and rollout.epoch != seen.epoch:
            # What was posted before every process mirrored must be in the index by the time it is read.
            raise Refused(["flags moved while the rooms were listed: start again"])
        run = Run.objects.create(kind=RunKind.BACKFILL, way=way, expected=expected, **_ends(rollout, way))
        Segment.objects.bulk_create(
            [Segment(run=run, number=number, label=label) for number, label in enumerate(labels)], batch_size=1000
        )
        record(
            actor=actor,
            action="backfill.start",
            subject=f"run {run.pk}",
            reason=reason,
            after={"segments": len(labels), "epoch": run.epoch, "source": way.value},
        )
    return run


def _ends(rollout: Rollout, way: Way) -> dict[str, Any]:
    if way is not Way.REVERSE:
        return {"source": rollout.source, "target": rollout.target, "epoch": rollout.epoch}
    evidence = StoreState.objects.get(rollout=rollout, store=rollout.source).evidence
    stopped_us = evidence.get("stopped_us")
    return {
        "source": rollout.target,
        "target": rollout.source,
        "epoch": rollout.epoch,
        "target_evidence": evidence,
        # Without a known instant from which on it misses something, everything is looked at.
        "from_us": None if stopped_us is None else max(0, stopped_us - MARGIN_US),
    }


def _refuse(rollout: Rollout, way: Way) -> None:
    reasons = _reasons_against(rollout, way)
    if reasons:
        raise Refused(reasons)


def _reasons_against(rollout: Rollout, way: Way) -> list[str]:
    """Protocol F2: a backfill makes its target complete only if it began after every process mirrors to it."""
    write = Route.objects.get(rollout=rollout, kind=Kind.WRITE)
    reasons = _unmirrored(write, rollout, way)
    behind = Holder.objects.filter(state=HolderState.LIVE, acked_epoch__lt=rollout.epoch)
    reasons += [f"{holder} has not confirmed epoch {rollout.epoch} yet" for holder in behind]
    if Run.objects.filter(kind=RunKind.BACKFILL, state__in=UNFINISHED).exists():
        reasons.append("a backfill is running: see `manage.py backfill status`, or go on with `backfill resume`")
    stopped = frozen()
    return [*reasons, stopped] if stopped else reasons


def _unmirrored(write: Route, rollout: Rollout, way: Way) -> list[str]:
    if way is Way.REVERSE and write.write_flag != WriteFlag.TARGET_MIRROR:
        return [
            f"a reverse backfill fills {rollout.source} while {rollout.target} decides writes and {rollout.source} "
            f"mirrors them; {write.endpoint} is in {write.phase}"
        ]
    if way is not Way.REVERSE and write.write_flag not in MIRRORED:
        return [
            f"writes are not mirrored to {rollout.target}: what is posted during the copy would be missed. "
            f"Run `manage.py route advance {write.endpoint} --reason ...` first"
        ]
    return []


def close_if_done(run_id: int) -> Run:
    """Closes the run when no segment is left; the last worker does, or whoever looks. Safe to call at any time."""
    run = Run.objects.get(pk=run_id)
    # Before any lock: most looks come too early, and flips wait for the rollout's row.
    if not is_over(run):
        return run
    with transaction.atomic():
        run = lock_for_ending(run_id)
        if is_over(run):
            _close(run)
    return run


def _close(run: Run) -> None:
    state = StoreState.objects.get(rollout__active=True, store=run.target)
    run.error = _fault(run, state)
    run.state = RunState.FAILED if run.error else RunState.DONE
    run.finished_at = timezone.now()
    run.slow_because = ""
    run.save()
    # Filled up again, the source is complete only once a whole parity run has seen it to be (protocol F2).
    if run.state == RunState.DONE and run.way != Way.REVERSE:
        state.complete = True
        state.evidence = {"set_by": f"backfill {run.pk}", "epoch": run.epoch}
        state.save()


def _fault(run: Run, state: StoreState) -> str:
    """Why the run does not prove its target complete; empty if it does."""
    accounts = progress(run)
    if failed := trouble(run):
        return f"{failed}. Mend that, then run `manage.py backfill resume {run.pk}`: it goes on where they stopped"
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
