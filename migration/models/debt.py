"""A comment one store has and another is owed."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from django.db import models

from chat.data import Comment
from migration.enums import DebtState
from migration.models.exacttext import ExactTextField


def key_of(comment: Comment) -> str:
    """32 hexadecimal digits that name one comment's key; rooms and names are longer than an index may hold."""
    spelled = f"{len(comment.room)}:{len(comment.name)}:{comment.room}{comment.name}{comment.time_us}".encode()
    return blake2b(spelled, digest_size=16).hexdigest()


class DrainLease(models.Model):
    """A batch of entries one worker is paying. Deleting it, done or expired, gives back what it still holds."""

    worker = models.CharField(max_length=150)
    # Moves while its worker lives: an observer judges by whether it stands still (protocol T7).
    beats = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.pk}: {self.worker}"


class Debt(models.Model):
    """Holds the whole comment, so that it can be paid even if the holder is unreachable (protocol D1)."""

    key = models.CharField(max_length=32)
    room = ExactTextField()
    name = ExactTextField()
    time_us = models.BigIntegerField()
    time_raw = models.TextField(null=True)
    text = ExactTextField()
    holder = models.CharField(max_length=32)
    # Blank only for an unsettled write that had no mirror.
    owed = models.CharField(max_length=32, blank=True)
    state = models.CharField(max_length=16, choices=DebtState, default=DebtState.OPEN)
    cause = models.TextField()
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    next_try_at = models.DateTimeField()
    # Shares work out among drains. No safety rests on it: an entry paid twice is the same row (protocol D2).
    lease = models.ForeignKey(DrainLease, null=True, on_delete=models.SET_NULL, related_name="entries")
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    # Who waived it, and why (protocol D5).
    closed_by = models.CharField(max_length=150, blank=True)
    closed_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            # One unpaid entry per key and direction (protocol D1).
            models.UniqueConstraint(
                fields=["key", "holder", "owed"],
                condition=models.Q(state__in=["open", "unsettled", "conflict", "failed"]),
                name="one_unpaid_debt_per_key",
            )
        ]
        indexes = [models.Index(fields=["state", "next_try_at"], name="debts_to_try")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key = key_of(self.comment)
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return f"{self.pk}: {self.owed} is owed {self.name} {self.time_us} ({self.state})"

    @property
    def comment(self) -> Comment:
        return Comment(room=self.room, name=self.name, time_us=self.time_us, text=self.text, time_raw=self.time_raw)
