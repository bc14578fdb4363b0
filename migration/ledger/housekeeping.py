"""Forgets entries that were paid long ago."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from chat.conf import env
from migration.enums import DebtState
from migration.models import Debt

BATCH = 1000
"""Deleted in one transaction: a long one would keep requests from recording debts."""
CLOSED = (DebtState.PAID, DebtState.VOID)


def forget_paid() -> int:
    """Deletes entries closed more than LEDGER_KEEP_PAID_DAYS ago, a batch at a time; how many.

    Void ones with a reason stay for good: a comment was removed, and the entry has the only copy of it (protocol D3).
    """
    before = timezone.now() - timedelta(days=env().ledger_keep_paid_days)
    forgotten = 0
    closed = Debt.objects.filter(state__in=CLOSED, closed_at__lt=before)
    closed = closed.exclude(state=DebtState.VOID, closed_reason__gt="")
    while old := list(closed.values_list("pk", flat=True)[:BATCH]):
        Debt.objects.filter(pk__in=old).delete()
        forgotten += len(old)
    return forgotten
