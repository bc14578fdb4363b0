"""What an operator does to a run under way: pause, go on, give up, change its pace. Workers look between pages."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from migration.audit.record import record
from migration.enums import UNFINISHED, RunKind, RunState, SegmentState
from migration.exceptions import Refused
from migration.models import Run, Segment
from migration.segments.marks import begin_anew
from migration.segments.progress import Progress, progress

LEFT = (SegmentState.PENDING, SegmentState.LEASED)
"""Segments that are not at their end, and were not set aside."""

LIMITS = ("rows_per_second", "read_units_per_second")


def pause(run_id: int, *, actor: str, reason: str) -> Run:
    """Workers stop after the page they are at. Raises `Refused` unless the run is running."""
    with transaction.atomic():
        _change(run_id, (RunState.RUNNING,), "pause", state=RunState.PAUSED, paused_at=timezone.now())
        return _steered(run_id, "pause", actor, reason)


def resume(run_id: int, *, actor: str, reason: str) -> Run:
    """Goes on where it was; what was set aside is tried again, its cursor kept. Wake the workers after it.

    A run that failed because segments were set aside is taken up again. Raises `Refused` for any other that has ended.
    """
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        _require_resumable(run)
        aside = run.segments.filter(state=SegmentState.FAILED).update(state=SegmentState.PENDING, attempts=0, error="")
        _change(
            run_id,
            (RunState(run.state),),
            "resume",
            state=RunState.RUNNING,
            error="",
            finished_at=None,
            paused_at=None,
            paused_seconds=F("paused_seconds") + _stood_still(run),
        )
        begin_anew(run)
        return _steered(run_id, "resume", actor, reason, tried_again=aside)


def cancel(run_id: int, *, actor: str, reason: str) -> Run:
    """For good. The fences of its workers are raised, so that its accounts do not move any more (protocol C1): a page
    that one of them is writing may still arrive, which is harmless, but is not counted."""
    with transaction.atomic():
        _change(run_id, UNFINISHED, "cancel", state=RunState.CANCELLED, finished_at=timezone.now(), slow_because="")
        Segment.objects.filter(run=run_id, state__in=LEFT).update(state=SegmentState.CANCELLED, fence=F("fence") + 1)
        run = Run.objects.get(pk=run_id)
        now = progress(run)
        run.error = f"cancelled by {actor}{f' ({reason})' if reason else ''}: {_done(run, now)} until then"
        run.save(update_fields=["error"])
        return _steered(run_id, "cancel", actor, reason, read=now.read, written=now.written)


def _done(run: Run, now: Progress) -> str:
    if run.kind != RunKind.PARITY:
        return now.accounts
    return f"{now.segments[SegmentState.DONE]} of {sum(now.segments.values())} rooms compared"


def set_rate(run_id: int, *, limits: dict[str, int | None], actor: str, reason: str) -> Run:
    """Limits over all workers together, from their next page on. `limits` names columns of `LIMITS`; None takes one
    away, one that is not named stays as it is."""
    with transaction.atomic():
        before = Run.objects.select_for_update().get(pk=run_id)
        _change(run_id, UNFINISHED, "change the rate of", slow_because="", **limits)
        begin_anew(before)
        run = Run.objects.get(pk=run_id)
        record(
            actor=actor,
            action=f"{run.kind}.rate",
            subject=f"run {run_id}",
            reason=reason,
            before={name: getattr(before, name) for name in LIMITS},
            after={name: getattr(run, name) for name in LIMITS},
        )
    return run


def can_resume(run: Run) -> bool:
    """Unfinished, or ended by segments that were set aside and are worth another try."""
    failed = run.state == RunState.FAILED and run.segments.filter(state=SegmentState.FAILED).exists()
    return run.state in UNFINISHED or failed


def _require_resumable(run: Run) -> None:
    if not can_resume(run):
        raise Refused([f"run {run.pk} is {run.state}: {run.error or 'there is nothing left to do'}"])
    others = Run.objects.filter(kind=run.kind)
    # What it would prove, or how far it was, is overtaken by the newer one.
    if run.state == RunState.FAILED and others.filter(pk__gt=run.pk).exists():
        raise Refused([f"run {run.pk} failed and a newer one was started since: look at that one"])


def _change(run_id: int, allowed: tuple[RunState, ...], verb: str, **values: Any) -> None:
    """Compare-and-set on the state: of two who steer at once, the second sees what the first did."""
    if not Run.objects.filter(pk=run_id, state__in=allowed).update(**values):
        run = Run.objects.get(pk=run_id)
        raise Refused([f"cannot {verb} run {run_id}: it is {run.state}"])


def _steered(run_id: int, verb: str, actor: str, reason: str, **after: Any) -> Run:
    Run.objects.filter(pk=run_id).update(steered_by=actor, steered_reason=reason)
    run = Run.objects.get(pk=run_id)
    record(
        actor=actor,
        action=f"{run.kind}.{verb}",
        subject=f"run {run_id}",
        reason=reason,
        after={"state": run.state, **after},
    )
    return run


def _stood_still(run: Run) -> float:
    """Seconds since it was paused, or since it ended; by the clock that all workers' rows are dated with."""
    since = run.paused_at or run.finished_at
    return (timezone.now() - since).total_seconds() if since else 0.0
