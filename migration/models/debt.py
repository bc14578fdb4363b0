"""A comment one store has and another is owed."""

from __future__ import annotations

from django.db import models

from chat.data import Comment
from migration.enums import DebtState


class Debt(models.Model):
    """Holds the whole comment, so that it can be paid even if the holder is unreachable (protocol D1)."""

    room = models.TextField()
    name = models.TextField()
    time_us = models.BigIntegerField()
    time_raw = models.TextField(null=True)
    text = models.TextField()
    holder = models.CharField(max_length=32)
    # Blank only for an unsettled write that had no mirror.
    owed = models.CharField(max_length=32, blank=True)
    state = models.CharField(max_length=16, choices=DebtState, default=DebtState.OPEN)
    cause = models.TextField()
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    next_try_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # One unpaid entry per key and direction (protocol D1).
            models.UniqueConstraint(
                fields=["name", "time_us", "room", "holder", "owed"],
                condition=models.Q(state__in=["open", "unsettled", "conflict", "failed"]),
                name="one_unpaid_debt_per_key",
            )
        ]
        indexes = [models.Index(fields=["state", "next_try_at"], name="debts_to_try")]

    def __str__(self) -> str:
        return f"{self.pk}: {self.owed} is owed {self.name} {self.time_us} ({self.state})"

    @property
    def comment(self) -> Comment:
        return Comment(room=self.room, name=self.name, time_us=self.time_us, text=self.text, time_raw=self.time_raw)
