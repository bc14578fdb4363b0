"""Why a run is not faster, in words, from its rows."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from migration.enums import RunState, SegmentState
from migration.flags.freeze import frozen
from migration.models import Run

FRESH_SECONDS = 40.0
"""A worker under back-pressure says why at least this often; what is older was said by one that is gone."""


def slowness(run: Run) -> str:
    """Empty when nothing holds it, or when it has ended."""
    if run.state == RunState.PAUSED:
        reason = f" ({run.steered_reason})" if run.steered_reason else ""
        return f"paused by {run.steered_by}{reason}; go on with `manage.py {run.kind} resume {run.pk}`"
    if run.state != RunState.RUNNING:
        return ""
    return frozen() or _nobody(run) or _said(run) or _aside(run)


def _nobody(run: Run) -> str:
    states = set(run.segments.values_list("state", flat=True).distinct())
    if SegmentState.PENDING in states and SegmentState.LEASED not in states:
        return "no worker is at it just now"
    return ""


def _said(run: Run) -> str:
    fresh = run.slow_at is not None and run.slow_at >= timezone.now() - timedelta(seconds=FRESH_SECONDS)
    return run.slow_because if fresh else ""


def _aside(run: Run) -> str:
    again = run.segments.filter(attempts__gt=0).exclude(state=SegmentState.DONE).order_by("-attempts").first()
    if again is None:
        return ""
    return f"segment {again.number} failed {again.attempts} times since its last page: {again.error}"
