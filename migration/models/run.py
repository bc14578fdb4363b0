"""A walk over a store in segments: a backfill or a parity run."""

from __future__ import annotations

from django.db import models

from migration.enums import RunKind, RunState, SegmentState
from migration.models.exacttext import ExactTextField


class Run(models.Model):
    """The database is the truth about a run; Celery messages only wake workers."""

    kind = models.CharField(max_length=16, choices=RunKind)
    state = models.CharField(max_length=16, choices=RunState, default=RunState.RUNNING)
    source = models.CharField(max_length=32)
    target = models.CharField(max_length=32)
    # The epoch every holder had confirmed when the run began (protocol F2).
    epoch = models.PositiveBigIntegerField()
    # Items the source's own statistics promise, for the progress only.
    expected = models.PositiveBigIntegerField(default=0)
    # Parity covers comments older than this, in microseconds (protocol C6).
    horizon_us = models.BigIntegerField(null=True)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"


class Segment(models.Model):
    """One part of a run: a durable cursor, a lease with a fencing token, and its accounts."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="segments")
    number = models.PositiveIntegerField()
    # The room, for parity.
    label = ExactTextField(blank=True)
    state = models.CharField(max_length=16, choices=SegmentState, default=SegmentState.PENDING)
    cursor = models.JSONField(null=True)
    # Raised at every claim; a worker with an older one can neither move the cursor nor count (protocol C1).
    fence = models.PositiveBigIntegerField(default=0)
    # Moves with every saved page; a sweeper judges a lease by it (protocol T7).
    beats = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    read = models.PositiveBigIntegerField(default=0)
    written = models.PositiveBigIntegerField(default=0)
    quarantined = models.PositiveBigIntegerField(default=0)
    skipped = models.PositiveBigIntegerField(default=0)
    # Parity: {compared, missing, extra, different, digest_source, digest_target, ...}.
    result = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_segment_per_number")]
        indexes = [models.Index(fields=["run", "state"], name="segments_to_do")]

    def __str__(self) -> str:
        return f"segment {self.number} of run {self.run_id} ({self.state})"
