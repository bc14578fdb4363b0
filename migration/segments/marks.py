"""Marks of how far a run was and when, so that its rate is that of the last minute and not of its whole life."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from migration.models import Run, RunMark

WINDOW_SECONDS = 60.0
"""A rate is measured over this, or over what has passed since the run was steered if that is less."""
MARK_SECONDS = 5.0
"""Each worker sets a mark that often."""
KEPT_SECONDS = 600.0


def mark(run: Run) -> None:
    """Marks older than any window are dropped, so that a run of weeks keeps a few hundred."""
    if not RunMark.objects.filter(run=run).exists():
        RunMark.objects.create(run=run, at=run.started_at, read=0)
    RunMark.objects.filter(run=run, at__lt=timezone.now() - timedelta(seconds=KEPT_SECONDS)).delete()
    RunMark.objects.create(run=run, read=_read(run))


def begin_anew(run: Run) -> None:
    """After a pause or a change of pace: what was before says nothing about what is to come."""
    RunMark.objects.filter(run=run).delete()
    RunMark.objects.create(run=run, read=_read(run))


def since(run: Run, now: datetime) -> tuple[datetime, int]:
    """Where the window begins and how much was read by then: the newest mark that is at least a window old.

    So a run that stands still shows less and less, instead of the last rate it had.
    """
    marks = RunMark.objects.filter(run=run)
    old = marks.filter(at__lte=now - timedelta(seconds=WINDOW_SECONDS)).order_by("-at").first()
    first = old or marks.order_by("at").first()
    return (first.at, first.read) if first else (run.started_at, 0)


def _read(run: Run) -> int:
    total: int = run.segments.aggregate(read=Sum("read", default=0))["read"]
    return total
