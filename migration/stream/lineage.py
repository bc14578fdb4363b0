"""Which shards there are, which may be read now, and what was trimmed before anyone read it."""

from __future__ import annotations

from django.db.models import F
from django.utils import timezone

from migration.enums import RunKind, RunState, Way
from migration.models import Run, Shard, ShardState, Stream
from migration.stream.reading import shards_of

OPEN = (ShardState.PENDING, ShardState.LEASED)


def learn_shards(stream: Stream) -> None:
    """New shards become rows; unread ones that are no longer listed were trimmed. Raises `StoreError`s."""
    listed = {spec["ShardId"]: spec.get("ParentShardId", "") for spec in shards_of(stream.arn)}
    known = dict(stream.shards.values_list("shard_id", "state"))
    # At the first look nothing was missed: the backfill comes after it.
    for shard_id, parent in listed.items():
        if known and shard_id not in known and parent and parent not in known and parent not in listed:
            declare_gap(stream, f"shard {parent} was trimmed before it was ever seen")
    Shard.objects.bulk_create(
        [Shard(stream=stream, shard_id=name, parent_id=parent) for name, parent in listed.items() if name not in known],
        ignore_conflicts=True,
    )
    for shard_id, state in known.items():
        if shard_id not in listed and state in OPEN:
            lose(stream, shard_id)


def lose(stream: Stream, shard_id: str) -> None:
    """Its unread records are gone. The fence is raised: a worker that still reads it saves nothing."""
    shard = Shard.objects.get(stream=stream, shard_id=shard_id)
    Shard.objects.filter(pk=shard.pk, state__in=OPEN).update(state=ShardState.LOST, fence=F("fence") + 1)
    declare_gap(stream, f"shard {shard_id} was trimmed after {shard.checkpoint or 'nothing of it'} was read")


def begin_again(shard: Shard) -> None:
    """After its checkpoint was trimmed: what follows may be missing, but what is left is still read."""
    shard.refresh_from_db()
    if not shard.checkpoint:
        lose(shard.stream, shard.shard_id)
        return
    Shard.objects.filter(pk=shard.pk, state__in=OPEN, checkpoint=shard.checkpoint).update(
        state=ShardState.PENDING, fence=F("fence") + 1, checkpoint=""
    )
    declare_gap(shard.stream, f"shard {shard.shard_id} was trimmed after {shard.checkpoint} was read")


def declare_gap(stream: Stream, why: str) -> None:
    """Only a backfill that begins later closes it (`open_gap`)."""
    Stream.objects.filter(pk=stream.pk).update(gap=f"{why}: a backfill is needed", gap_at=timezone.now())


def open_gap(stream: Stream) -> str:
    """Why changes are missing in the target; empty where none are, or a whole backfill has read the source since."""
    if not stream.gap or stream.gap_at is None:
        return ""
    whole = Run.objects.filter(kind=RunKind.BACKFILL, state=RunState.DONE, way__in=(Way.SCAN, Way.ROOMS))
    return "" if whole.filter(started_at__gt=stream.gap_at).exists() else stream.gap


def readable(stream: Stream) -> list[Shard]:
    """Waiting shards whose parent is at its end: an item's changes are in parent before child."""
    shards = list(stream.shards.order_by("pk"))
    unread = {shard.shard_id for shard in shards if shard.state in OPEN}
    return [shard for shard in shards if shard.state == ShardState.PENDING and shard.parent_id not in unread]
