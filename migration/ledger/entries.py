"""Makes debts durable rows of the control database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from migration.enums import DebtState
from migration.ledger.lines import Entry
from migration.models import Debt
from migration.models.debt import key_of

UNPAID = (DebtState.OPEN, DebtState.UNSETTLED, DebtState.CONFLICT, DebtState.FAILED)


def keep(entries: Sequence[Entry]) -> None:
    """Committed when it returns; what is recorded and unpaid already stays as it is (protocol D1), but for one thing:
    an open entry after an unsettled one for the same key and direction tells that the holder has the comment.

    Rows are immutable, so the entry that is there holds the same comment. An unsettled entry that comes after an open
    one adds nothing.
    """
    if not entries:
        return
    with transaction.atomic():
        Debt.objects.bulk_create([_row(entry) for entry in entries], ignore_conflicts=True)
        _settle([entry for entry in entries if entry.state == DebtState.OPEN])
        _make_due([entry for entry in entries if entry.state == DebtState.UNSETTLED and not entry.due_after_seconds])


def _settle(known: list[Entry]) -> None:
    """They were acknowledged, so readers miss them from now on (protocol F11). Almost always there is none."""
    keys = [key_of(entry.comment) for entry in known]
    found = set(Debt.objects.filter(state=DebtState.UNSETTLED, key__in=keys).values_list("key", flat=True))
    for entry in (entry for entry, key in zip(known, keys, strict=True) if key in found):
        unsettled_entry(entry).update(state=DebtState.OPEN, cause=entry.cause, next_try_at=timezone.now())


def _make_due(over: list[Entry]) -> None:
    """Recorded before they were sent, and over by now with nobody knowing how: nothing is to be waited for."""
    if over:
        keys = [key_of(entry.comment) for entry in over]
        under_way().filter(key__in=keys).update(next_try_at=timezone.now())


def under_way() -> QuerySet[Debt]:
    """Entries recorded before their write, whose request may not have ended."""
    return Debt.objects.filter(state=DebtState.UNSETTLED, attempts=0, next_try_at__gt=timezone.now())


def unsettled_entry(entry: Entry) -> QuerySet[Debt]:
    """The unpaid row of this key and direction, while it is unsettled."""
    return Debt.objects.filter(
        key=key_of(entry.comment), holder=entry.holder, owed=entry.owed, state=DebtState.UNSETTLED
    )


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
        next_try_at=timezone.now() + timedelta(seconds=entry.due_after_seconds),
    )
