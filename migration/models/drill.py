"""A rollback and return, done on purpose to know that the way back works."""

from __future__ import annotations

from django.db import models

from migration.enums import Phase
from migration.models.rollout import Rollout


class Drill(models.Model):
    """Its two legs are transitions. Unfinished while the endpoint is still where the rollback left it."""

    rollout = models.ForeignKey(Rollout, on_delete=models.PROTECT, related_name="drills")
    endpoint = models.CharField(max_length=32)
    # Where the endpoint stood, and the phase before it that it went back to.
    from_phase = models.CharField(max_length=16, choices=Phase)
    to_phase = models.CharField(max_length=16, choices=Phase)
    percent = models.PositiveSmallIntegerField(null=True, help_text="the ramp it returns to")
    actor = models.CharField(max_length=150)
    reason = models.TextField()
    passed = models.BooleanField(null=True)
    detail = models.TextField(blank=True)
    # Of both legs together, waiting for a guard between them included.
    seconds = models.FloatField(null=True)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rollout", "endpoint"],
                condition=models.Q(finished_at=None),
                name="one_unfinished_drill_per_endpoint",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.endpoint} {self.from_phase} to {self.to_phase} and back"
