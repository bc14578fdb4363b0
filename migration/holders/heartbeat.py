"""Signs of life and confirmations of a holder."""

from __future__ import annotations

from django.db.models import F
from django.utils import timezone

from migration.enums import HolderState
from migration.models import Holder


def beat(holder_id: int, *, issued_us: int) -> bool:
    """False when this holder was declared or proven dead meanwhile: it must register anew (protocol F9)."""
    changed = Holder.objects.filter(pk=holder_id, state=HolderState.LIVE).update(
        beats=F("beats") + 1, issued_us=issued_us, seen_at=timezone.now()
    )
    return changed == 1


def acknowledge(holder_id: int, epoch: int) -> bool:
    """This process acts under `epoch`, and all it did under older ones has ended (protocol F4)."""
    changed = Holder.objects.filter(pk=holder_id, state=HolderState.LIVE, acked_epoch__lt=epoch).update(
        acked_epoch=epoch
    )
    return changed == 1
