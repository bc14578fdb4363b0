"""One move of one endpoint, as durable steps."""

from __future__ import annotations

from django.db import models

from migration.enums import MirrorMode, Phase, Step
from migration.models.rollout import Rollout


class Transition(models.Model):
    """Any process can resume it from its step, forward or back. Times are milliseconds, null where not reached."""

    rollout = models.ForeignKey(Rollout, on_delete=models.PROTECT, related_name="transitions")
    endpoint = models.CharField(max_length=32)
    verb = models.CharField(max_length=16, help_text="advance, rollback, ramp, shadow or mirror")
    from_phase = models.CharField(max_length=16, choices=Phase)
    to_phase = models.CharField(max_length=16, choices=Phase)
    percent = models.PositiveSmallIntegerField(null=True, help_text="the new ramp or shadow share")
    mirror_mode = models.CharField(max_length=8, choices=MirrorMode, blank=True)
    drill = models.ForeignKey("migration.Drill", null=True, on_delete=models.PROTECT, related_name="legs")
    actor = models.CharField(max_length=150)
    reason = models.TextField()
    # A second person must say yes before it begins; null until then.
    approval_needed = models.BooleanField(default=False)
    approved_by = models.CharField(max_length=150, blank=True)
    approved_at = models.DateTimeField(null=True)
    step = models.CharField(max_length=16, choices=Step, default=Step.INTENT)
    # The last epoch this transition made.
    epoch = models.PositiveBigIntegerField(null=True)
    guards = models.JSONField(default=list)
    detail = models.TextField(blank=True)
    holders = models.PositiveIntegerField(null=True)
    ack_ms = models.FloatField(null=True)
    hold_ms = models.FloatField(null=True)
    # Moves while some process works on it; stands still when that process died (protocol T7).
    beats = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Two moves at once could make more than two vectors alive (protocol F5).
            models.UniqueConstraint(
                fields=["rollout"],
                condition=models.Q(step__in=["intent", "held", "flipped"]),
                name="one_unfinished_transition",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.verb} {self.endpoint} {self.from_phase} to {self.to_phase} ({self.step})"
