"""One move from a source store to a target store."""

from __future__ import annotations

from django.db import models


class Rollout(models.Model):
    """`epoch` numbers the current vector of phases and flags; every flip raises it by compare-and-set (protocol F3)."""

    name = models.CharField(max_length=64, unique=True)
    source = models.CharField(max_length=32)
    target = models.CharField(max_length=32)
    epoch = models.PositiveBigIntegerField(default=1)
    active = models.BooleanField(default=True)
    # True from a transition's intent to its end: holders then poll every 50 ms (protocol F5).
    moving = models.BooleanField(default=False)
    # One switch that stops transitions and background work.
    frozen = models.BooleanField(default=False)
    frozen_by = models.CharField(max_length=150, blank=True)
    frozen_reason = models.TextField(blank=True)
    frozen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["active"], condition=models.Q(active=True), name="one_active_rollout"),
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="rollout_has_two_stores"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.source} to {self.target}"


class StoreState(models.Model):
    """Whether a store holds everything it must to serve or decide (protocol F2), and how that is known."""

    rollout = models.ForeignKey(Rollout, on_delete=models.PROTECT, related_name="stores")
    store = models.CharField(max_length=32)
    complete = models.BooleanField(default=False)
    # What set or voided it, with the epoch.
    evidence = models.JSONField(default=dict)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rollout", "store"], name="one_state_per_store")]

    def __str__(self) -> str:
        return f"{self.store}: {'complete' if self.complete else 'not complete'}"
