"""A source item that cannot be mapped, kept whole."""

from __future__ import annotations

from django.db import models


class QuarantinedItem(models.Model):
    """`item` is DynamoDB JSON, `code` a `chat.codec.faults.FaultCode`. One row per source key, however often seen."""

    # Both as they can be printed: what a database cannot hold (NUL, lone surrogates) is written as an escape.
    name = models.TextField()
    time = models.TextField()
    # Tells apart keys whose escapes look the same.
    key = models.CharField(max_length=32, unique=True)
    code = models.CharField(max_length=48)
    detail = models.TextField()
    # Text, not a JSON column: PostgreSQL's refuses the very escapes that bring items here.
    item = models.TextField()
    run = models.ForeignKey("migration.Run", null=True, on_delete=models.SET_NULL, related_name="quarantine")
    state = models.CharField(max_length=8, default="open")
    seen_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.name} {self.time}: {self.code}"
