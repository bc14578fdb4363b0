"""How far a run is, from its rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, F, Sum
from django.utils import timezone

from migration.enums import SegmentState
from migration.models import Run


@dataclass(frozen=True, slots=True)
class Progress:
    """Accounts of a run. `seconds` since its start; `eta_seconds` is None until a rate is known.

    `balanced`: read = written + quarantined + skipped in each segment, and so in the run.
    """

    read: int
    written: int
    quarantined: int
    skipped: int
    balanced: bool
    seconds: float
    rows_per_s: float
    eta_seconds: float | None
    segments: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def progress(run: Run) -> Progress:
    sums = run.segments.aggregate(
        read=Sum("read", default=0),
        written=Sum("written", default=0),
        quarantined=Sum("quarantined", default=0),
        skipped=Sum("skipped", default=0),
    )
    states = dict(run.segments.values_list("state").annotate(Count("pk")))
    seconds = ((run.finished_at or timezone.now()) - run.started_at).total_seconds()
    rate = sums["read"] / seconds if seconds > 0 else 0.0
    left = max(0, run.expected - sums["read"])
    return Progress(
        **sums,
        balanced=not run.segments.exclude(read=F("written") + F("quarantined") + F("skipped")).exists(),
        seconds=seconds,
        rows_per_s=rate,
        eta_seconds=left / rate if rate and not run.finished_at else None,
        segments={state.value: states.get(state.value, 0) for state in SegmentState},
    )


def trouble(run: Run) -> str:
    """How many segments were set aside and why the first one was; empty if none was."""
    failed = run.segments.filter(state=SegmentState.FAILED).order_by("number")
    first = failed.first()
    if first is None:
        return ""
    named = f"room {first.label!r}" if first.label else f"segment {first.number}"
    return f"{failed.count()} of {run.segments.count()} failed for good, the first is {named}: {first.error}"
