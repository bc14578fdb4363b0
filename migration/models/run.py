"""A walk over a store in segments: a backfill or a parity run."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from migration.enums import RunKind, RunState, SegmentState, Way
from migration.models.exacttext import ExactTextField


class Run(models.Model):
    """The database is the truth about a run; Celery messages only wake workers."""

    kind = models.CharField(max_length=16, choices=RunKind)
    state = models.CharField(max_length=16, choices=RunState, default=RunState.RUNNING)
    way = models.CharField(max_length=16, choices=Way, default=Way.SCAN)
    # Where it reads and where it writes; a reverse run goes from the rollout's target to its source.
    source = models.CharField(max_length=32)
    target = models.CharField(max_length=32)
    # The epoch every holder had confirmed when the run began (protocol F2).
    epoch = models.PositiveBigIntegerField()
    # Items the source's own statistics promise, for the progress only.
    expected = models.PositiveBigIntegerField(default=0)
    # Parity covers comments older than this, in microseconds (protocol C6).
    horizon_us = models.BigIntegerField(null=True)
    # A reverse run copies comments from this instant on, in microseconds; null: all of them.
    from_us = models.BigIntegerField(null=True)
    # Parity: every room of both stores, not one that was named.
    whole = models.BooleanField(default=False)
    # The reverse backfill that had ended when this parity run began, so that it may prove it.
    follows = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    # What was known of the target when a reverse run began: a change since voids what the run proves.
    target_evidence = models.JSONField(default=dict)
    # Limits over all workers together; null: none. Read capacity in DynamoDB's units.
    rows_per_second = models.PositiveIntegerField(null=True)
    read_units_per_second = models.PositiveIntegerField(null=True)
    # Why it is slower than it could be, in words, and when a worker last said so.
    slow_because = models.TextField(blank=True)
    slow_at = models.DateTimeField(null=True)
    # Who paused or cancelled it, or went on, and why.
    steered_by = models.CharField(max_length=150, blank=True)
    steered_reason = models.TextField(blank=True)
    paused_at = models.DateTimeField(null=True)
    # Of all pauses that are over.
    paused_seconds = models.FloatField(default=0.0)
    error = models.TextField(blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"


class Segment(models.Model):
    """One part of a run: a durable cursor, a lease with a fencing token, and its accounts."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="segments")
    number = models.PositiveIntegerField()
    # The room, for parity and for a backfill by rooms.
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


class RunMark(models.Model):
    """How much a run had read at a moment: what a rate of the last minute is measured from."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="marks")
    at = models.DateTimeField(default=timezone.now)
    read = models.PositiveBigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["run", "at"], name="marks_of_a_run")]

    def __str__(self) -> str:
        return f"run {self.run_id}: {self.read} at {self.at:%H:%M:%S}"
