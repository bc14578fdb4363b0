"""A named person gives one debt up: the store that is owed the comment will not get it from here (protocol D5)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from migration.audit.record import record
from migration.enums import DebtState
from migration.exceptions import Refused
from migration.models import Debt

WAIVABLE = (DebtState.OPEN, DebtState.CONFLICT, DebtState.FAILED)


def waive(entry_id: int, *, actor: str, reason: str) -> Debt:
    """The entry as it is now. Raises `Debt.DoesNotExist`, and `Refused` for one that cannot be given up."""
    with transaction.atomic():
        entry = Debt.objects.get(pk=entry_id)
        before = entry.state
        # Conditional on what was looked at: a drain may pay it at this moment.
        waived = Debt.objects.filter(pk=entry_id, state=before, state__in=WAIVABLE).update(
            state=DebtState.WAIVED, closed_at=timezone.now(), closed_by=actor[:150], closed_reason=reason
        )
        entry.refresh_from_db()
        if not waived:
            raise Refused([_why_not(entry)])
        record(
            actor=actor,
            action="ledger.waive",
            subject=f"debt {entry_id}",
            reason=reason,
            before={"state": before},
            after={"state": entry.state, "owed": entry.owed, "name": entry.name, "time": entry.comment.time},
        )
        return entry


def _why_not(entry: Debt) -> str:
    if entry.state == DebtState.UNSETTLED:
        return (
            f"entry {entry.pk} is unsettled: nobody knows whether {entry.holder} has the comment; "
            f"bring {entry.holder} back and run `manage.py ledger drain`, which settles it"
        )
    if entry.state in WAIVABLE:
        return f"entry {entry.pk} changed to {entry.state} at this moment; look at it and try again"
    when = entry.closed_at.isoformat(timespec="seconds") if entry.closed_at else "at an unknown time"
    return f"entry {entry.pk} is closed already: {entry.state} {when}"
