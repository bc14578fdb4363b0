"""Registration with a clock slot (protocol F3, T1)."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max

from chat.conf import env
from chat.exceptions import NotServing
from migration.enums import HolderState
from migration.holders.dead import bury_proven_dead
from migration.holders.heartbeat import own
from migration.holders.identity import Identity, own_files, own_identity
from migration.holders.instants import database_now
from migration.models import Holder

RESTING = timedelta(days=1)
"""How long the slot of a holder that was only declared dead is not given to anybody (protocol T1)."""


@dataclass(frozen=True, slots=True)
class Registration:
    """`floor_us`: no instant at or below it may be issued, an earlier holder of the slot may have used it.

    `slot` is None for a process that issues no instants.
    """

    holder_id: int
    slot: int | None
    floor_us: int
    who: Identity


def register(kind: str, *, backend: str = "routed", slotless: bool = False) -> Registration:
    """Visible to transitions when this returns; only then may the process read the flags (protocol F3).

    `backend` is the DB_BACKEND that routes it. Raises `NotServing` when every slot is taken.
    """
    bury_proven_dead()
    who = own_identity()
    _leave_earlier(who)
    for slot in (None,) if slotless else _free_slots():
        try:
            holder = _create(who, kind=kind, backend=backend, slot=slot)
        except IntegrityError:
            continue  # Another process took the slot first.
        return Registration(holder_id=holder.pk, slot=slot, floor_us=0 if slot is None else _floor(slot), who=who)
    raise NotServing(
        f"all {env().clock_slots} clock slots are leased; raise CLOCK_SLOTS or see `manage.py holders list`"
    )


def _create(who: Identity, *, kind: str, backend: str, slot: int | None) -> Holder:
    # Durable: inside an outer transaction nobody would see this row yet.
    with transaction.atomic(durable=True):
        return Holder.objects.create(
            kind=kind,
            backend=backend,
            machine=socket.gethostname()[:255],
            host=who.host,
            pid=who.pid,
            started=who.started,
            slot=slot,
            files=str(own_files()),
        )


def _leave_earlier(who: Identity) -> None:
    """A process has one registration. One left by a start that failed half way would never confirm anything."""
    Holder.objects.filter(state=HolderState.LIVE, host=who.host, pid=who.pid, started=who.started).update(
        state=HolderState.LEFT
    )


def _free_slots() -> list[int]:
    """Least recently used first, so that a slot is seldom taken over soon after its holder died."""
    used = dict(Holder.objects.exclude(slot=None).values_list("slot").annotate(last=Max("pk")))
    live = set(Holder.objects.filter(state=HolderState.LIVE).values_list("slot", flat=True))
    free = [slot for slot in range(env().clock_slots) if slot not in live | _resting()]
    return sorted(free, key=lambda slot: (used.get(slot, 0), slot))


def _resting() -> set[int | None]:
    """Slots of processes nobody has proven dead: one of them may still issue instants."""
    declared = Holder.objects.filter(state=HolderState.DECLARED, declared_at__gt=database_now() - RESTING)
    return set(declared.values_list("slot", flat=True))


def _floor(slot: int) -> int:
    highest = Holder.objects.filter(slot=slot).aggregate(highest=Max("issued_us"))["highest"]
    return int(highest or 0)


def deregister(holder_id: int, who: Identity, *, issued_us: int) -> None:
    """The process acts on flags no more. It must have ended its requests; `issued_us` was its last instant."""
    own(holder_id, who).update(state=HolderState.LEFT, issued_us=issued_us)
