"""Claims and checkpoints of one shard, fenced (protocol C1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from django.db.models import F

from migration.exceptions import LostLease
from migration.models import Shard, ShardState
from migration.quarantine.items import printable

LEASE_SECONDS = 30.0
"""Only delays: fencing keeps a slow worker harmless."""


@dataclass(frozen=True, slots=True)
class ShardLease:
    shard_id: int
    fence: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What one page adds: read = applied + quarantined + drift."""

    read: int = 0
    applied: int = 0
    quarantined: int = 0
    drift: int = 0


def claim(shard: Shard) -> ShardLease | None:
    """None if another worker was faster."""
    waiting = Shard.objects.filter(pk=shard.pk, state=ShardState.PENDING, fence=shard.fence)
    changed = waiting.update(state=ShardState.LEASED, fence=shard.fence + 1, beats=F("beats") + 1)
    return ShardLease(shard.pk, shard.fence + 1) if changed else None


def beat(lease: ShardLease) -> None:
    """Shows life, or raises `LostLease`. In a transaction it keeps the shard from being claimed until the commit."""
    _update(lease, beats=F("beats") + 1)


def save(lease: ShardLease, *, checkpoint: str, tally: Tally, handled_to: datetime) -> None:
    """Checkpoint and counts in one row, so that neither is ever without the other."""
    _update(
        lease,
        checkpoint=checkpoint,
        handled_to=handled_to,
        error="",
        beats=F("beats") + 1,
        read=F("read") + tally.read,
        applied=F("applied") + tally.applied,
        quarantined=F("quarantined") + tally.quarantined,
        drift=F("drift") + tally.drift,
    )


def drained(lease: ShardLease, epoch: int) -> None:
    _update(lease, drained_epoch=epoch, beats=F("beats") + 1)


def finish(lease: ShardLease) -> None:
    _update(lease, state=ShardState.DONE)


def release(lease: ShardLease, *, error: str = "") -> None:
    _update(lease, state=ShardState.PENDING, error=printable(error)[:500])


def _update(lease: ShardLease, **values: Any) -> None:
    changed = Shard.objects.filter(pk=lease.shard_id, fence=lease.fence, state=ShardState.LEASED).update(**values)
    if not changed:
        raise LostLease(f"shard {lease.shard_id} was taken over (fence {lease.fence} is old)")


@dataclass(slots=True)
class Observer:
    """One process's memory of the counters it saw, and when by its own clock (protocol T7)."""

    seen: dict[int, tuple[int, int, float]] = field(default_factory=dict)

    def give_back(self) -> int:
        """How many leases stood still for their length while this observer looked, and were returned."""
        now, fresh, returned = monotonic(), dict[int, tuple[int, int, float]](), 0
        for shard in Shard.objects.filter(state=ShardState.LEASED):
            before = self.seen.get(shard.pk)
            still = before is not None and before[:2] == (shard.fence, shard.beats)
            since = before[2] if before and still else now
            fresh[shard.pk] = (shard.fence, shard.beats, since)
            if now - since >= LEASE_SECONDS:
                returned += _return(shard)
        self.seen = fresh
        return returned


def _return(shard: Shard) -> int:
    """0 when its worker showed life after all."""
    held = Shard.objects.filter(pk=shard.pk, state=ShardState.LEASED, fence=shard.fence, beats=shard.beats)
    # Raised here already: the old worker must not save between this and the next claim.
    return held.update(state=ShardState.PENDING, fence=shard.fence + 1, error="its worker died, or hung")
