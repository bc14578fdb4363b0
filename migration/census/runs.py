"""Starts and closes censuses."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from chat.data import StoreId
from migration.audit.record import record
from migration.census.report import compile_report
from migration.census.tablesettings import survey
from migration.enums import UNFINISHED, RunKind, RunState, SegmentState
from migration.exceptions import Refused
from migration.flags.freeze import frozen
from migration.models import Census, CensusRoomDay, CensusTie, Rollout, Run, Segment
from migration.segments.progress import trouble

DEFAULT_SEGMENTS = 4
"""As for a backfill: on two cores a scan gains little beyond four segments (docs/engines)."""
ENDED = frozenset({SegmentState.DONE, SegmentState.FAILED})


def start(*, segments: int, actor: str, reason: str = "", limits: dict[str, int | None] | None = None) -> Run:
    """A run with its segments, all waiting. It only reads, so it may begin in any phase.

    `limits` as of `migration.segments.steering`. Raises `Refused`, and `StoreError`s when the source does not answer.
    """
    # Asked before the transaction: an engine may take its time, and the control database waits for nobody.
    settings = survey()
    with transaction.atomic():
        # The lock makes two starts at once take turns; on SQLite every writing transaction does.
        rollout = Rollout.objects.select_for_update().get(active=True)
        if reasons := _reasons_against(rollout):
            raise Refused(reasons)
        run = Run.objects.create(
            kind=RunKind.CENSUS,
            source=rollout.source,
            target=rollout.target,
            epoch=rollout.epoch,
            expected=settings["items"],
            **(limits or {}),
        )
        Segment.objects.bulk_create([Segment(run=run, number=number) for number in range(segments)], batch_size=1000)
        Census.objects.create(run=run, settings=settings)
        record(actor=actor, action="census.start", subject=f"run {run.pk}", reason=reason, after={"segments": segments})
    return run


def _reasons_against(rollout: Rollout) -> list[str]:
    reasons = []
    if rollout.source != StoreId.DYNAMODB:
        reasons.append(f"a census reads a DynamoDB table; this rollout's source is {rollout.source}")
    if Run.objects.filter(kind=RunKind.CENSUS, state__in=UNFINISHED).exists():
        reasons.append("a census is running: see `manage.py census status`, or go on with `census resume`")
    stopped = frozen()
    return [*reasons, stopped] if stopped else reasons


def close_if_done(run_id: int) -> Run:
    """Closes the run when no segment is left; the last worker does, or whoever looks. Safe to call at any time."""
    run = Run.objects.get(pk=run_id)
    if run.state != RunState.RUNNING or not _all_ended(run):
        return run
    # Outside the transaction: counting millions of rows must not lock anybody out. Segments that ended stay as they
    # are while the run is running, so what is compiled here is what the transaction finds.
    error = _fault(run)
    report = {} if error else compile_report(run)
    with transaction.atomic():
        locked = Run.objects.select_for_update().get(pk=run_id)
        if locked.state == RunState.RUNNING and _all_ended(locked):
            _close(locked, error, report)
    return locked


def _all_ended(run: Run) -> bool:
    return set(run.segments.values_list("state", flat=True)) <= ENDED


def _fault(run: Run) -> str:
    failed = trouble(run)
    if not failed:
        return ""
    return f"{failed}. Mend that, then run `manage.py census resume {run.pk}`: it goes on where they stopped"


def _close(run: Run, error: str, report: dict[str, object]) -> None:
    run.error = error
    run.state = RunState.FAILED if error else RunState.DONE
    run.finished_at = timezone.now()
    run.slow_because = ""
    run.save()
    if report:
        Census.objects.filter(run=run).update(report=report)
        # The reports of older ones stay; their counts would only fill the control database.
        older = Run.objects.filter(kind=RunKind.CENSUS, pk__lt=run.pk)
        CensusRoomDay.objects.filter(run__in=older).delete()
        CensusTie.objects.filter(run__in=older).delete()


def last_report() -> dict[str, object] | None:
    """Of the newest census that saw the whole table; what guards may rest on. None if there is none."""
    done = Census.objects.filter(run__kind=RunKind.CENSUS, run__state=RunState.DONE).order_by("-run").first()
    return done.report if done else None
