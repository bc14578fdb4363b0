"""Entries put into the ledger as a process puts them there, and a recorder without files for tools of one write."""

from __future__ import annotations

from django.utils import timezone

from chat.data import Comment, StoreId
from chat.routing.ports import Mark
from migration.enums import DebtState
from migration.ledger.entries import keep
from migration.ledger.lines import Entry
from migration.models import Debt

SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM


def owe(*found: Comment, holder: StoreId = SOURCE, owed: StoreId = TARGET) -> None:
    keep([Entry(one, holder, owed, DebtState.OPEN, "mirror timed out") for one in found])


def unsettle(*found: Comment, holder: StoreId = SOURCE, owed: StoreId | None = TARGET) -> None:
    keep([Entry(one, holder, owed or "", DebtState.UNSETTLED, "answer lost") for one in found])


def states() -> list[str]:
    """Of all entries, the oldest first."""
    return list(Debt.objects.order_by("pk").values_list("state", flat=True))


def make_due() -> None:
    Debt.objects.update(next_try_at=timezone.now())


class LedgerOnly:
    """A DebtRecorder whose debts are rows at once; no file stands behind it, so it forgets marks."""

    def begin(self, comment: Comment, *, holder: StoreId, owed: StoreId | None) -> Mark:
        return None

    def harden(self, mark: Mark) -> None: ...

    def end(self, mark: Mark) -> None: ...

    def abandon(self, mark: Mark) -> None: ...

    def close(self) -> None: ...

    def owed(self, comment: Comment, *, holder: StoreId, owed: StoreId, cause: str) -> None:
        keep([Entry(comment, holder, owed, DebtState.OPEN, cause)])

    def unsettled(self, comment: Comment, *, holder: StoreId, owed: StoreId | None, cause: str) -> None:
        keep([Entry(comment, holder, owed or "", DebtState.UNSETTLED, cause)])
