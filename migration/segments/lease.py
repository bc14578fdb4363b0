"""Claims and progress of one segment, fenced (protocol C1): a worker that lost its lease changes nothing any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from django.db.models import F

from migration.enums import RunState, SegmentState
from migration.exceptions import LostLease
from migration.models import Segment
from migration.quarantine.items import printable

MAX_ATTEMPTS = 5
"""A segment that failed this often without saving a page is set aside, so that it does not hold the others."""
RETRY_SECONDS = (1.0, 3.0, 6.0, 12.0)
"""Before the next attempt, after each failure: an engine that restarts is back before the attempts are used up."""
SHOW_SECONDS = 5.0
"""How often a worker in a long piece of work shows life: often enough within `sweep.LEASE_SECONDS`."""


@dataclass(frozen=True, slots=True)
class Lease:
    """`fence` is this worker's token: higher than that of any worker before."""

    segment_id: int
    fence: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What one page adds to the accounts: read = written + quarantined + skipped."""

    read: int = 0
    written: int = 0
    quarantined: int = 0
    skipped: int = 0


@dataclass(slots=True)
class Pulse:
    """Shows life from a loop that calls it as often as it likes. Raises `LostLease` once another worker took over."""

    lease: Lease
    shown: float = field(default_factory=monotonic)

    def __call__(self) -> None:
        if monotonic() - self.shown >= SHOW_SECONDS:
            _update(self.lease, beats=F("beats") + 1)
            self.shown = monotonic()


def claim(segment_id: int) -> Lease | None:
    """None if the segment is not waiting for a worker: a message came twice, another worker was faster, or its run is
    paused or has ended."""
    fence = Segment.objects.filter(pk=segment_id).values_list("fence", flat=True).first()
    if fence is None:
        return None
    waiting = Segment.objects.filter(
        pk=segment_id, state=SegmentState.PENDING, fence=fence, run__state=RunState.RUNNING
    )
    changed = waiting.update(state=SegmentState.LEASED, fence=fence + 1, beats=F("beats") + 1)
    return Lease(segment_id, fence + 1) if changed else None


def save(lease: Lease, *, cursor: Any, counts: Counts) -> None:
    """The page is done: its cursor and its counts in one row, so that neither is ever without the other.

    Attempts count from here anew: in a walk of days each kind of trouble may come some time.
    """
    _update(
        lease,
        cursor=cursor,
        attempts=0,
        beats=F("beats") + 1,
        read=F("read") + counts.read,
        written=F("written") + counts.written,
        quarantined=F("quarantined") + counts.quarantined,
        skipped=F("skipped") + counts.skipped,
    )


def finish(lease: Lease, **result: Any) -> None:
    _update(lease, state=SegmentState.DONE, error="", **result)


def release(lease: Lease) -> None:
    """Gives an unfinished segment back, its cursor saved, for whoever comes next."""
    _update(lease, state=SegmentState.PENDING)


def fail(lease: Lease, error: str) -> float | None:
    """Back to waiting: the seconds to let pass first. Or set aside after `MAX_ATTEMPTS`: None."""
    attempts = Segment.objects.values_list("attempts", flat=True).get(pk=lease.segment_id) + 1
    _update(lease, state=state_after(attempts), attempts=attempts, error=printable(error)[:500])
    return RETRY_SECONDS[attempts - 1] if attempts < MAX_ATTEMPTS else None


def state_after(attempts: int) -> SegmentState:
    return SegmentState.FAILED if attempts >= MAX_ATTEMPTS else SegmentState.PENDING


def _update(lease: Lease, **values: Any) -> None:
    """Raises `LostLease` when another worker holds the segment by now, or its run was cancelled."""
    changed = Segment.objects.filter(pk=lease.segment_id, fence=lease.fence, state=SegmentState.LEASED).update(**values)
    if not changed:
        raise LostLease(f"segment {lease.segment_id} was taken over or cancelled (fence {lease.fence} is old)")
