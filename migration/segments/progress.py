"""How far a run is, from its rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Sum
from django.utils import timezone

from migration.enums import RunState, SegmentState
from migration.models import Run
from migration.segments.marks import since


@dataclass(frozen=True, slots=True)
class Progress:
    """Accounts of a run. `seconds` since its start, pauses left out.

    `rows_per_s` is of the last minute while it runs, or since it was last steered if that is less; of the whole run
    when it has ended; 0 while it is paused. `eta_seconds` is None until a rate is known, while it is paused, and where
    nothing tells how much there is (a reverse run).
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

    @property
    def accounts(self) -> str:
        return f"read {self.read} = written {self.written} + quarantined {self.quarantined} + skipped {self.skipped}"

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
    now = timezone.now()
    seconds = _worked(run, now)
    rate = _rate(run, sums["read"], seconds, now)
    left = max(0, run.expected - sums["read"])
    return Progress(
        **sums,
        balanced=not run.segments.exclude(read=F("written") + F("quarantined") + F("skipped")).exists(),
        seconds=seconds,
        rows_per_s=rate,
        eta_seconds=left / rate if rate and run.expected and run.state == RunState.RUNNING else None,
        segments={state.value: states.get(state.value, 0) for state in SegmentState},
    )


def _worked(run: Run, now: datetime) -> float:
    until = run.finished_at or (run.paused_at if run.state == RunState.PAUSED else None) or now
    return max(0.0, (until - run.started_at).total_seconds() - run.paused_seconds)


def _rate(run: Run, read: int, seconds: float, now: datetime) -> float:
    if run.state == RunState.PAUSED:
        return 0.0
    if run.state != RunState.RUNNING:
        return read / seconds if seconds > 0 else 0.0
    begin, before = since(run, now)
    passed = (now - begin).total_seconds()
    return (read - before) / passed if passed > 0 else 0.0


def trouble(run: Run) -> str:
    """How many segments were set aside and why the first one was; empty if none was."""
    failed = run.segments.filter(state=SegmentState.FAILED).order_by("number")
    first = failed.first()
    if first is None:
        return ""
    named = f"room {first.label!r}" if first.label else f"segment {first.number}"
    return f"{failed.count()} of {run.segments.count()} failed for good, the first is {named}: {first.error}"
