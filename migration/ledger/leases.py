"""Batches of entries, each claimed by one drain, so that drains at once share the work instead of doing it twice.

No safety rests on a lease: what is paid twice is the same row twice (protocol D2). So nothing is fenced here, a hold's
payer ignores leases, and a drain that lost its lease only stops.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from django.db import transaction
from django.db.models import F, QuerySet

from migration.models import Debt, DrainLease

BEAT_SECONDS = 5.0
"""How often a drain shows life between two entries: often enough within `LEASE_SECONDS`."""
LEASE_SECONDS = 30.0
"""Longer than one entry takes, its store hanging. Too short would only double work, too long delays a dead one's."""
TRIES = 10


@dataclass(slots=True)
class Pulse:
    """Shows life, as often as it is called but not more than needed. False once the lease was given to others."""

    lease: DrainLease
    shown: float = field(default_factory=monotonic)

    def __call__(self) -> bool:
        if monotonic() - self.shown < BEAT_SECONDS:
            return True
        self.shown = monotonic()
        return DrainLease.objects.filter(pk=self.lease.pk).update(beats=F("beats") + 1) == 1


@contextmanager
def leased(due: Callable[[], QuerySet[Debt]], size: int) -> Iterator[tuple[list[Debt], Pulse] | None]:
    """The first `size` entries of `due` that nobody has, and theirs the pulse; None when there are none.

    What was not closed inside the block is free again after it.
    """
    wanted = _free(due, size)
    if not wanted:
        yield None
        return
    lease = DrainLease.objects.create(worker=f"{socket.gethostname()}:{os.getpid()}:{threading.get_native_id()}"[-150:])
    try:
        entries = _claim(lease, due, wanted)
        yield (entries, Pulse(lease)) if entries else None
    finally:
        lease.delete()


def _free(due: Callable[[], QuerySet[Debt]], size: int) -> list[int]:
    return list(due().filter(lease=None).values_list("pk", flat=True)[:size])


def _claim(lease: DrainLease, due: Callable[[], QuerySet[Debt]], wanted: list[int]) -> list[Debt]:
    """Another drain may take the same ones between our look and our update: then look further down."""
    for _ in range(TRIES):
        if due().filter(pk__in=wanted, lease=None).order_by().update(lease=lease):
            return list(due().filter(pk__in=wanted, lease=lease))
        wanted = _free(due, len(wanted))
    return []


@dataclass(slots=True)
class Observer:
    """One process's memory of the beats it saw, and since when by its own clock (protocol T7)."""

    seen: dict[int, tuple[int, float]] = field(default_factory=dict)

    def give_back(self) -> int:
        """Deletes the leases whose beats stood still for `LEASE_SECONDS` while this observer looked; how many."""
        now = monotonic()
        fresh: dict[int, tuple[int, float]] = {}
        for pk, beats in DrainLease.objects.values_list("pk", "beats"):
            before = self.seen.get(pk)
            fresh[pk] = before if before and before[0] == beats else (beats, now)
        self.seen = fresh
        return sum(_expire(pk, beats) for pk, (beats, since) in fresh.items() if now - since >= LEASE_SECONDS)


def _expire(pk: int, beats: int) -> bool:
    """False when its worker showed life after all, or is done."""
    with transaction.atomic():
        lease = DrainLease.objects.select_for_update().filter(pk=pk, beats=beats).first()
        if lease is not None:
            lease.delete()
    return lease is not None
