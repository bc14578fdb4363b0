"""Which live processes are not on the current epoch, and for how long."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from migration.enums import HolderState
from migration.models import AuditEvent, Holder


@dataclass(frozen=True, slots=True)
class Behind:
    """`seconds` since the first epoch it has not confirmed was made, or since it registered if that was later."""

    id: int
    holder: str
    epoch: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.holder} is on epoch {self.epoch}, behind for {self.seconds:.0f} s"


def behind(epoch: int) -> list[Behind]:
    """In the order of their registration; empty when every live process is on `epoch`."""
    late = list(Holder.objects.filter(state=HolderState.LIVE, acked_epoch__lt=epoch).order_by("pk"))
    made = _made_at({holder.acked_epoch + 1 for holder in late})
    now = timezone.now()
    return [_behind(holder, made.get(holder.acked_epoch + 1), now) for holder in late]


def _behind(holder: Holder, made: datetime | None, now: datetime) -> Behind:
    since = holder.registered_at if made is None else max(made, holder.registered_at)
    seconds = max(0.0, (now - since).total_seconds())
    return Behind(id=holder.pk, holder=str(holder), epoch=holder.acked_epoch, seconds=round(seconds, 1))


def _made_at(epochs: set[int]) -> dict[int, datetime]:
    """Each epoch is made in one transaction with its audit event, so that event's time is the epoch's."""
    events = AuditEvent.objects.filter(action__startswith="route.", after__epoch__in=epochs)
    return {event.after["epoch"]: event.at for event in events}
