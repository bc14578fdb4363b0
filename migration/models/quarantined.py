"""A source item that cannot be mapped, kept whole."""

from __future__ import annotations

from django.db import models

from migration.enums import QuarantineState


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
    # Of `item`, whatever order its attributes came in; blank on rows from before there were digests.
    digest = models.CharField(max_length=32, blank=True)
    # The last run that met it.
    run = models.ForeignKey("migration.Run", null=True, on_delete=models.SET_NULL, related_name="quarantine")
    state = models.CharField(max_length=8, choices=QuarantineState, default=QuarantineState.OPEN)
    # The comment of the last fix as JSON text, kept before it is written: a crash leaves no row nobody knows of.
    fixed = models.TextField(blank=True)
    # Where in the target that comment lies (`debt.key_of`), so that no two items are fixed into one row.
    place = models.CharField(max_length=32, null=True, unique=True)
    # Who fixed or waived it, when and why; kept when the item is opened again.
    settled_by = models.CharField(max_length=150, blank=True)
    settled_reason = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["state", "code"], name="quarantine_to_do")]

    def __str__(self) -> str:
        return f"{self.name} {self.time}: {self.code}"
