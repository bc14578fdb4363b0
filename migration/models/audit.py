"""Who did what, when and why."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone


class AppendOnly(models.QuerySet["AuditEvent"]):
    """Refuses what a single event refuses, for many at once as well."""

    def update(self, **kwargs: Any) -> int:
        raise TypeError("audit events are never changed")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise TypeError("audit events are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("audit events are never deleted")


class AuditEvent(models.Model):
    """Append-only: written in the same transaction as what it tells of."""

    at = models.DateTimeField(default=timezone.now)
    # Of the event before, and of this one over all its fields and that one's. Null only before they are chained.
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, unique=True, null=True)
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=64)
    subject = models.CharField(max_length=128)
    reason = models.TextField(blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    objects = AppendOnly.as_manager()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.action} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("audit events are never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("audit events are never deleted")


class AuditHead(models.Model):
    """The newest event's digest and how many there are. One row, locked by whoever adds the next event."""

    ONLY = 1

    digest = models.CharField(max_length=64, blank=True)
    events = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.events} events"
