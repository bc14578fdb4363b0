"""Registration with a clock slot (protocol F3, T1)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Max

from chat.conf import env
from chat.exceptions import NotServing
from migration.enums import HolderState
from migration.holders.dead import bury_proven_dead
from migration.holders.identity import Identity, own_files, own_identity
from migration.models import Holder


@dataclass(frozen=True, slots=True)
class Registration:
    """`floor_us`: no instant at or below it may be issued, an earlier holder of the slot may have used it."""

    holder_id: int
    slot: int
    floor_us: int


def register(kind: str) -> Registration:
    """Visible to transitions when this returns; only then may the process read the flags (protocol F3).

    Raises `NotServing` when every slot is taken.
    """
    bury_proven_dead()
    who = own_identity()
    _leave_earlier(who)
    for slot in _free_slots():
        try:
            # Durable: inside an outer transaction nobody would see this row yet.
            with transaction.atomic(durable=True):
                holder = Holder.objects.create(
                    kind=kind, host=who.host, pid=who.pid, started=who.started, slot=slot, files=str(own_files())
                )
        except IntegrityError:
            continue  # Another process took the slot first.
        return Registration(holder_id=holder.pk, slot=slot, floor_us=_floor(slot))
    raise NotServing(
        f"all {env().clock_slots} clock slots are leased; raise CLOCK_SLOTS or see `manage.py route status`"
    )


def _leave_earlier(who: Identity) -> None:
    """A process has one registration. One left by a start that failed half way would never confirm anything."""
    Holder.objects.filter(state=HolderState.LIVE, host=who.host, pid=who.pid, started=who.started).update(
        state=HolderState.LEFT
    )


def _free_slots() -> list[int]:
    """Least recently used first, so that a slot is seldom taken over soon after its holder died."""
    used = dict(Holder.objects.values_list("slot").annotate(last=Max("pk")))
    live = set(Holder.objects.filter(state=HolderState.LIVE).values_list("slot", flat=True))
    free = [slot for slot in range(env().clock_slots) if slot not in live]
    return sorted(free, key=lambda slot: (used.get(slot, 0), slot))


def _floor(slot: int) -> int:
    highest = Holder.objects.filter(slot=slot).aggregate(highest=Max("issued_us"))["highest"]
    return int(highest or 0)


def deregister(holder_id: int, *, issued_us: int) -> None:
    """The process acts on flags no more. It must have ended its requests; `issued_us` was its last instant."""
    Holder.objects.filter(pk=holder_id, state=HolderState.LIVE).update(state=HolderState.LEFT, issued_us=issued_us)
