"""Waits until every live process has confirmed an epoch (protocol F3 to F5)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import F

from migration.enums import HolderState
from migration.exceptions import LostRace
from migration.holders.behind import behind
from migration.holders.dead import bury_proven_dead
from migration.models import Holder, Transition

SHORTEST_PAUSE = 0.002
LONGEST_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Confirmation:
    """`missing` names the holders that had not confirmed when the wait ended; empty means all did."""

    holders: int
    missing: tuple[str, ...]
    seconds: float


def await_confirmation(
    epoch: int, *, seconds: float, still: Callable[[], None] = lambda: None, writers: bool = False
) -> Confirmation:
    """Of every live process, or for a hold of the `writers` alone (protocol F6).

    Looks often at first and ever less often. `still` is called while it waits: it keeps a lease alive (T7), or
    raises `LostRace` when another process took the transition over."""
    began = time.monotonic()
    pause = SHORTEST_PAUSE
    while True:
        missing = tuple(str(holder) for holder in behind(epoch, writers=writers))
        waited = time.monotonic() - began
        if not missing or waited >= seconds:
            live = Holder.objects.filter(state=HolderState.LIVE).count()
            return Confirmation(holders=live, missing=missing, seconds=waited)
        if pause >= LONGEST_PAUSE:
            still()
            bury_proven_dead()
        time.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 1.5)


def keep_lease(moving: Transition) -> None:
    """Shows other processes that somebody works on this transition."""
    if not Transition.objects.filter(pk=moving.pk, step=moving.step).update(beats=F("beats") + 1):
        raise LostRace(f"transition {moving.pk} was taken on or aborted by another process")
