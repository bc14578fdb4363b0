"""Makes debts durable rows of the control database."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from migration.enums import DebtState
from migration.ledger.lines import Entry
from migration.models import Debt
from migration.models.debt import key_of

UNPAID = (DebtState.OPEN, DebtState.UNSETTLED, DebtState.CONFLICT, DebtState.FAILED)


def keep(entries: Sequence[Entry]) -> None:
    """Committed when it returns; what is recorded and unpaid already stays as it is (protocol D1).

    Rows are immutable, so the entry that is there holds the same comment. An unsettled entry that comes after an open
    one for the same key adds nothing: the holder is known to have the comment.
    """
    if not entries:
        return
    with transaction.atomic():
        Debt.objects.bulk_create([_row(entry) for entry in entries], ignore_conflicts=True)


def _row(entry: Entry) -> Debt:
    comment = entry.comment
    return Debt(
        key=key_of(comment),
        room=comment.room,
        name=comment.name,
        time_us=comment.time_us,
        time_raw=comment.time_raw,
        text=comment.text,
        holder=entry.holder,
        owed=entry.owed,
        state=entry.state,
        cause=entry.cause,
        next_try_at=timezone.now(),
    )
