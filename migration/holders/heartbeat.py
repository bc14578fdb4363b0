"""Signs of life and confirmations of a holder."""

from __future__ import annotations

from django.db.models import F, QuerySet
from django.utils import timezone

from migration.enums import HolderState
from migration.holders.identity import Identity
from migration.models import Holder


def beat(holder_id: int, who: Identity, *, issued_us: int) -> bool:
    """False when this holder was declared or proven dead meanwhile: it must register anew (protocol F9)."""
    changed = own(holder_id, who).update(beats=F("beats") + 1, issued_us=issued_us, seen_at=timezone.now())
    return changed == 1


def acknowledge(holder_id: int, who: Identity, epoch: int) -> bool:
    """This process acts under `epoch`, and all it did under older ones has ended (protocol F4)."""
    return own(holder_id, who).filter(acked_epoch__lt=epoch).update(acked_epoch=epoch) == 1


def own(holder_id: int, who: Identity) -> QuerySet[Holder]:
    """By identity too: after the control database was restored, another process may have got the number."""
    return Holder.objects.filter(pk=holder_id, state=HolderState.LIVE, host=who.host, pid=who.pid, started=who.started)
