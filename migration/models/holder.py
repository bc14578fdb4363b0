"""A process that acts on flags."""

from __future__ import annotations

from django.db import models

from migration.enums import HolderState


class Holder(models.Model):
    """Registered before it first reads the flags (protocol F3), with the clock slot it issues instants from (T1)."""

    kind = models.CharField(max_length=16)
    # Boot id and pid namespace: only a process of the same pair can prove this one dead (protocol F9).
    host = models.CharField(max_length=128)
    pid = models.PositiveIntegerField()
    # Start time of the process in clock ticks since boot: a recycled pid has another one.
    started = models.PositiveBigIntegerField()
    # Null for a process that issues no instants: there are few slots, and workers would use them up.
    slot = models.PositiveSmallIntegerField(null=True)
    # Path of its spool and in-flight file, without their endings: whoever proves it dead empties them first.
    files = models.TextField(blank=True)
    # What routes it: `routed`, or the fixed policy of its DB_BACKEND (protocol F10).
    backend = models.CharField(max_length=32, default="routed")
    # For people: the name of its machine.
    machine = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=8, choices=HolderState, default=HolderState.LIVE)
    acked_epoch = models.PositiveBigIntegerField(default=0)
    # Counts heartbeats: an observer judges by whether it moves, never by another machine's wall clock (protocol T7).
    beats = models.PositiveBigIntegerField(default=0)
    # No instant above this was issued at the last heartbeat, in microseconds.
    issued_us = models.PositiveBigIntegerField(default=0)
    # Of one declared dead: by whom, and how it was stopped (protocol F9).
    declared_by = models.CharField(max_length=150, blank=True)
    declared_how = models.TextField(blank=True)
    # By the control database's own clock: moves wait from here on, and its slot rests for a day (protocol T1).
    declared_at = models.DateTimeField(null=True)
    registered_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slot"], condition=models.Q(state="live"), name="one_live_holder_per_slot")
        ]

    def __str__(self) -> str:
        slot = "" if self.slot is None else f", slot {self.slot}"
        return f"{self.kind} {self.pk} (pid {self.pid}{slot})"
