"""A DynamoDB stream that is tailed, and its shards: leases, checkpoints, accounts."""

from __future__ import annotations

from django.db import models


class ShardState(models.TextChoices):
    PENDING = "pending"
    LEASED = "leased"
    DONE = "done", "read to its end"
    LOST = "lost", "trimmed before it was read to its end"


class Stream(models.Model):
    """One per ARN: enabling a stream again makes a new one."""

    arn = models.CharField(max_length=255, unique=True)
    source_table = models.CharField(max_length=255)
    active = models.BooleanField(default=True)
    enabled_at = models.DateTimeField(auto_now_add=True)
    # Why changes are missing for good and a backfill is needed; empty: nothing was missed.
    gap = models.TextField(blank=True)
    gap_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["active"], condition=models.Q(active=True), name="one_active_stream")
        ]

    def __str__(self) -> str:
        return self.arn


class Shard(models.Model):
    """read = applied + quarantined + drift, or a worker with an old token has counted."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="shards")
    shard_id = models.CharField(max_length=128)
    parent_id = models.CharField(max_length=128, blank=True)
    state = models.CharField(max_length=8, choices=ShardState, default=ShardState.PENDING)
    # Sequence number of the last record that was handled; empty: none, begin at the oldest.
    checkpoint = models.CharField(max_length=64, blank=True)
    # Raised at every claim; a worker with an older one moves nothing (protocol C1).
    fence = models.PositiveBigIntegerField(default=0)
    # Moves with every saved page; observers judge the lease by it (protocol T7).
    beats = models.PositiveBigIntegerField(default=0)
    error = models.TextField(blank=True)
    read = models.PositiveBigIntegerField(default=0)
    applied = models.PositiveBigIntegerField(default=0)
    quarantined = models.PositiveBigIntegerField(default=0)
    # Seen while the target was the authority: counted, never applied (protocol C2).
    drift = models.PositiveBigIntegerField(default=0)
    # Everything written to the source before this instant was handled.
    handled_to = models.DateTimeField(null=True)
    # The epoch of the hold whose last older write was handled (protocol C2).
    drained_epoch = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "shard_id"], name="one_row_per_shard")]

    def __str__(self) -> str:
        return f"{self.shard_id} ({self.state})"
