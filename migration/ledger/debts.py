"""Records debts (protocol W3, W6, D1)."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.data import Comment, StoreId
from chat.routing.ports import Mark
from migration.enums import DebtState
from migration.models import Debt


def make_recorder() -> LedgerRecorder:
    """Named by settings.CHAT_DEBT_RECORDER."""
    return LedgerRecorder()


class LedgerRecorder:
    """The chat service's DebtRecorder: rows in the control database, committed when a call returns."""

    def begin(self, comment: Comment, *, holder: StoreId, owed: StoreId | None) -> Mark:
        """No file stands behind this recorder: for tools that end with their one write."""
        return None

    def end(self, mark: Mark) -> None:
        """See `begin`."""

    def abandon(self, mark: Mark) -> None:
        """See `begin`."""

    def close(self) -> None:
        """Nothing is held."""

    def owed(self, comment: Comment, *, holder: StoreId, owed: StoreId, cause: str) -> None:
        _record(comment, holder=holder, owed=owed, cause=cause, state=DebtState.OPEN)

    def unsettled(self, comment: Comment, *, holder: StoreId, owed: StoreId | None, cause: str) -> None:
        _record(comment, holder=holder, owed=owed, cause=cause, state=DebtState.UNSETTLED)


def _record(comment: Comment, *, holder: StoreId, owed: StoreId | None, cause: str, state: DebtState) -> None:
    entry = Debt(
        room=comment.room,
        name=comment.name,
        time_us=comment.time_us,
        time_raw=comment.time_raw,
        text=comment.text,
        holder=holder,
        owed=owed or "",
        state=state,
        cause=cause,
        next_try_at=timezone.now(),
    )
    try:
        _insert(entry)
    except IntegrityError:
        # One entry per key and direction (protocol D1), and rows are immutable: an unpaid one that is there holds the
        # same comment. If there is none any more, it was paid between the two looks; paid once more does no harm.
        if not unpaid_entry(comment, holder=holder, owed=owed):
            _insert(entry)


def _insert(entry: Debt) -> None:
    with transaction.atomic():
        entry.save(force_insert=True)


def unpaid_entry(comment: Comment, *, holder: StoreId, owed: StoreId | None) -> bool:
    return (
        Debt.objects.filter(
            name=comment.name, time_us=comment.time_us, room=comment.room, holder=holder, owed=owed or ""
        )
        .exclude(state__in=[DebtState.PAID, DebtState.VOID])
        .exists()
    )
