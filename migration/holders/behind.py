"""Live processes that have not confirmed an epoch yet."""

from __future__ import annotations

from django.db.models import QuerySet

from migration.enums import HolderState
from migration.holders.kinds import WRITERS
from migration.models import Holder


def behind(epoch: int, *, writers: bool = False) -> QuerySet[Holder]:
    """Oldest first. `writers`: only those that answer a hold (protocol F6)."""
    found = Holder.objects.filter(state=HolderState.LIVE, acked_epoch__lt=epoch).order_by("pk")
    return found.filter(kind__in=WRITERS) if writers else found
