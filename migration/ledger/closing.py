"""How an entry ends: always by a conditional update, so that of two who would end it one does."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils import timezone

from migration.enums import DebtState
from migration.ledger.entries import UNPAID
from migration.models import Debt


def unpaid() -> QuerySet[Debt]:
    return Debt.objects.filter(state__in=UNPAID)


def close(entries: Iterable[Debt], state: DebtState, *, reason: str = "", was: DebtState | None = None) -> int:
    """How many were closed by this call: what another drain has closed, or a person has waived, stays as it is.

    `was` narrows it to entries still in that state: another process may know better by now.
    """
    found = unpaid().filter(pk__in=[entry.pk for entry in entries])
    if was is not None:
        found = found.filter(state=was)
    return found.update(state=state, closed_at=timezone.now(), closed_reason=reason, lease=None)


def change(entry: Debt, **values: object) -> bool:
    """Of an unpaid entry, while its state is the one in `entry`, which follows. False: somebody knows better.

    So a drain that comes late neither opens again what another one has paid or found in conflict, nor calls unsettled
    what was acknowledged meanwhile.
    """
    if unpaid().filter(pk=entry.pk, state=entry.state).update(**values) != 1:
        return False
    for name, value in values.items():
        setattr(entry, name, value)
    return True
