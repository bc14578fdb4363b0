"""Single rows that many processes share: the change clock, and how far the sweep got."""

from __future__ import annotations

from django.db import models

from migration.models.exacttext import ExactTextField


class ChangeClock(models.Model):
    """The highest write timestamp reserved so far, in microseconds (protocol T4). One row."""

    ONLY = 1

    top_us = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"change clock at {self.top_us}"


class ActiveRoom(models.Model):
    """A room our processes wrote to, and when last: where the recency sweep looks (protocol D4)."""

    room = ExactTextField(primary_key=True)
    last_us = models.PositiveBigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["last_us"], name="rooms_by_last_write")]

    def __str__(self) -> str:
        return f"{self.room} at {self.last_us}"


class SweepState(models.Model):
    """The start of the last sweep that found nothing missing, and what the newest one found. One row."""

    ONLY = 1

    clean_start_us = models.PositiveBigIntegerField(default=0)
    last_start_us = models.PositiveBigIntegerField(default=0)
    last_rooms = models.PositiveIntegerField(default=0)
    last_compared = models.PositiveBigIntegerField(default=0)
    last_missing = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"last clean sweep began at {self.clean_start_us}"
