"""What a census keeps beside its run: settings of the table, exact counts by room and day, ties, a person's answers."""

from __future__ import annotations

from django.db import models

from migration.enums import Question
from migration.models.exacttext import ExactTextField


class Census(models.Model):
    """`report` is empty until the run has seen the whole table; then it stays as it was found, for guards."""

    run = models.OneToOneField("migration.Run", on_delete=models.CASCADE, primary_key=True, related_name="census")
    # As the source described itself when the run began: `migration.census.tablesettings`.
    settings = models.JSONField(default=dict)
    # The shape of `migration.census.report`.
    report = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"census of run {self.run_id}"


class CensusRoomDay(models.Model):
    """Mappable items of a room on a UTC day. Spilled page by page, so that no worker holds all rooms in memory."""

    run = models.ForeignKey("migration.Run", on_delete=models.CASCADE, related_name="+")
    # A digest of the room: its name may be longer than an index takes.
    key = models.CharField(max_length=32)
    room = ExactTextField()
    # Days since 1970-01-01.
    day = models.IntegerField()
    items = models.PositiveBigIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "key", "day"], name="one_census_row_per_room_and_day")]

    def __str__(self) -> str:
        return f"{self.room} on day {self.day}: {self.items}"


class CensusTie(models.Model):
    """An instant that items of one room spell in several ways (protocol C4)."""

    run = models.ForeignKey("migration.Run", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=32)
    room = ExactTextField()
    time_us = models.BigIntegerField()
    # Those of its items whose own spelling would not have told.
    items = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "key", "time_us"], name="one_census_row_per_tie")]

    def __str__(self) -> str:
        return f"{self.room} at {self.time_us}: {self.items}"


class CensusAnswer(models.Model):
    """What a named person said to a question that no scan answers. The newest one; the audit keeps all."""

    question = models.CharField(max_length=24, choices=Question, primary_key=True)
    # Whether the promise of the question is given.
    holds = models.BooleanField()
    says = models.TextField()
    actor = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.question}: {'yes' if self.holds else 'no'} ({self.actor})"
