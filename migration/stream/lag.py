"""How far behind the stream the target is, and when that must alarm."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from migration.models import Shard, ShardState, Stream
from migration.stream import reading
from migration.stream.lineage import OPEN, open_gap

LATE_SECONDS = 60.0
ALARM_SECONDS = 3600.0
"""Records live 24 hours: this leaves 23 to find out why."""
MOST_COUNTED = 5000
"""A count reads ahead, and each shard bears two readers only."""


@dataclass(frozen=True, slots=True)
class Lag:
    """`level`: ok, late, alarm, or gap where changes are lost. `seconds`: since the instant up to which everything was
    handled; it grows while nobody reads."""

    level: str
    seconds: float
    gap: str
    read: int
    applied: int
    quarantined: int
    drift: int
    shards: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def lag_of(stream: Stream) -> Lag:
    stream.refresh_from_db()
    shards = list(stream.shards.all())
    seconds = max((_behind(shard, stream.enabled_at) for shard in shards if shard.state in OPEN), default=0.0)
    gap = open_gap(stream)
    return Lag(
        level="gap" if gap else _level(seconds),
        seconds=round(seconds, 1),
        gap=gap,
        read=sum(shard.read for shard in shards),
        applied=sum(shard.applied for shard in shards),
        quarantined=sum(shard.quarantined for shard in shards),
        drift=sum(shard.drift for shard in shards),
        shards={state.value: sum(shard.state == state for shard in shards) for state in ShardState},
    )


def records_behind(stream: Stream, *, most: int = MOST_COUNTED) -> tuple[int, bool]:
    """Records that wait in open shards, and whether those are all; counting stops at `most`. Raises `StoreError`s."""
    total = 0
    for shard in stream.shards.filter(state__in=OPEN):
        total += _ahead(stream.arn, shard, most - total)
        if total >= most:
            return most, False
    return total, True


def drained_in(stream: Stream, epoch: int) -> bool:
    """Whether every open shard was read past the last write before that hold (protocol C2)."""
    return not stream.shards.filter(state__in=OPEN).exclude(drained_epoch=epoch).exists()


def _ahead(arn: str, shard: Shard, most: int) -> int:
    count, quiet = 0, 0
    try:
        following: str | None = reading.iterator(arn, shard.shard_id, after=shard.checkpoint)
        while following is not None and quiet < 2 and count < most:
            page = reading.page(following, limit=1000)
            count, following = count + len(page.records), page.next
            quiet = 0 if page.records else quiet + 1
    except reading.Trimmed:
        return count
    return min(count, most)


def _behind(shard: Shard, since: datetime) -> float:
    return max(0.0, (timezone.now() - (shard.handled_to or since)).total_seconds())


def _level(seconds: float) -> str:
    if seconds >= ALARM_SECONDS:
        return "alarm"
    return "late" if seconds >= LATE_SECONDS else "ok"
