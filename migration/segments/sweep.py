"""Returns segments whose worker died to the queue, judged by whether their counter moves (protocol T7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from django.db.models import QuerySet

from migration.enums import RunKind, RunState, SegmentState
from migration.models import Segment
from migration.segments.lease import state_after

LEASE_SECONDS = 30.0
"""A worker saves a page or shows life far more often. Only delays: fencing keeps a slow worker harmless."""


@dataclass(slots=True)
class Observer:
    """One process's memory of the counters it saw, and when by its own clock."""

    seen: dict[int, tuple[int, int, float]] = field(default_factory=dict)

    def expired(self) -> list[Segment]:
        """Leased segments whose counter stood still for the lease's length while this observer looked."""
        now = monotonic()
        leased = list(Segment.objects.filter(state=SegmentState.LEASED))
        stale = []
        fresh: dict[int, tuple[int, int, float]] = {}
        for segment in leased:
            mark = (segment.fence, segment.beats)
            before = self.seen.get(segment.pk)
            since = before[2] if before and before[:2] == mark else now
            fresh[segment.pk] = (*mark, since)
            if now - since >= LEASE_SECONDS:
                stale.append(segment)
        self.seen = fresh
        return stale


def requeue(segment: Segment) -> bool:
    """Compare-and-set: False when its worker showed life after all.

    Counts as an attempt: a segment that kills each worker must not be handed on for ever.
    """
    attempts = segment.attempts + 1
    changed = Segment.objects.filter(
        pk=segment.pk, state=SegmentState.LEASED, fence=segment.fence, beats=segment.beats
    ).update(state=state_after(attempts), attempts=attempts, error="its worker died, or hung")
    return changed == 1


def waiting(kind: RunKind) -> QuerySet[Segment]:
    """Segments of unfinished runs that no worker has: their wake-up may have been lost with the broker."""
    return Segment.objects.filter(state=SegmentState.PENDING, run__state=RunState.RUNNING, run__kind=kind)
