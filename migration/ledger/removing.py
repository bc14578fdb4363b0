"""The removal of a comment that was deleted in its holder (protocol D3): marked, fenced, and undone where overtaken."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

import structlog
from django.db.models import QuerySet
from django.utils import timezone

from chat.data import Comment
from chat.exceptions import StoreError
from chat.stores.base import Store
from migration.enums import DebtState, Kind, WriteFlag
from migration.ledger.closing import change
from migration.ledger.entries import keep
from migration.ledger.lines import Entry
from migration.ledger.witnesses import doubt
from migration.models import Debt, Route

log = structlog.get_logger(__name__)

LOOK_SECONDS = 10.0
"""From first look to removal. A batch takes a second or two; in a longer time a table can be emptied and filled again.
"""
SKEW_US = 1_000_000
"""Instants of two hosts may differ by half of it (protocol T7)."""
OF_SOURCE = (WriteFlag.SOURCE, WriteFlag.SOURCE_MIRROR)
OF_TARGET = (WriteFlag.TARGET, WriteFlag.TARGET_MIRROR)


@dataclass(frozen=True, slots=True)
class Removal:
    """Of the few comments that `holder` lost, out of `owed`. `began` is when the first look did, by both clocks."""

    lost: tuple[Comment, ...]
    holder: Store
    owed: Store
    began: float
    began_us: int

    @property
    def what(self) -> str:
        return f"deleted in {self.holder.id} while it was being paid into {self.owed.id}"

    def take_out(self, entry: Debt) -> bool:
        if not mark(entry, self._for_a_person("not yet removed there")):
            return False
        try:
            return self._remove(entry)
        except StoreError as error:
            log.warning("delete_not_repeated", debt=entry.pk, error=str(error))
            return False

    def _for_a_person(self, why: str) -> str:
        return f"{self.what}, and {why}: decide; `ledger drain` keeps it, `ledger waive` leaves it"

    def _remove(self, entry: Debt) -> bool:
        if _get(self.holder, entry) is not None:
            _open_again(entry)
            return False
        if _get(self.owed, entry) == entry.comment and not self._delete(entry):
            return False
        if _get(self.owed, entry) is not None:
            return False
        if _get(self.holder, entry) is not None:
            # It came back at this very moment: paid like any other debt, at the next round.
            if not _open_again(entry):
                _owe_again(entry)
            return False
        return self._close(entry)

    def _delete(self, entry: Debt) -> bool:
        reason = doubt(
            entry.comment,
            self.lost,
            holder=self.holder,
            owed=self.owed,
            before_us=self.began_us - SKEW_US,
        )
        # The fence first: whoever flips the authority after it sees an entry in conflict, and may not (protocol F6).
        if not _fence(entry):
            return False
        reason = reason or _undecided(self.holder) or self._too_old()
        if reason:
            _marked(entry).update(last_error=self._for_a_person(f"not removed there, as {reason}"))
            log.warning("delete_doubted", debt=entry.pk, reason=reason)
            return False
        try:
            self.owed.delete(entry.comment)
        finally:
            kept_by_person = not _fence(entry)
            if kept_by_person:
                _owe_again(entry)
        return not kept_by_person

    def _too_old(self) -> str:
        seconds = monotonic() - self.began
        return f"{self.holder.id} was seen to have it {seconds:.0f} s ago" if seconds > LOOK_SECONDS else ""

    def _close(self, entry: Debt) -> bool:
        closed = _marked(entry).update(
            state=DebtState.VOID, closed_at=timezone.now(), closed_reason=self.what, lease=None
        )
        if not closed:
            _owe_again(entry)
            return False
        log.warning("delete_repeated", debt=entry.pk, holder=self.holder.id, owed=self.owed.id)
        return True


def _undecided(holder: Store) -> str:
    """Why what the holder lacks says nothing about the others; empty while it decides writes."""
    route = Route.objects.select_related("rollout").get(rollout__active=True, kind=Kind.WRITE)
    deciding = {route.rollout.source: OF_SOURCE, route.rollout.target: OF_TARGET}
    if route.write_flag in deciding.get(holder.id, ()):
        return ""
    return "writes are held" if route.write_flag == WriteFlag.HELD else f"{holder.id} does not decide writes any more"


def mark(entry: Debt, why: str) -> bool:
    """Leaves the entry to a person, unless this drain ends it itself. False when another one has changed it."""
    # With the moment, which no other drain's mark has.
    return change(entry, state=DebtState.CONFLICT, last_error=why, next_try_at=timezone.now())


def _marked(entry: Debt) -> QuerySet[Debt]:
    """The entry while this drain's own mark is on it: nobody has paid, waived or marked it since."""
    return Debt.objects.filter(pk=entry.pk, state=DebtState.CONFLICT, next_try_at=entry.next_try_at)


def _fence(entry: Debt) -> bool:
    """False when another one has decided about it meanwhile. Sets a new mark."""
    now = timezone.now()
    fenced = _marked(entry).update(next_try_at=now) == 1
    entry.next_try_at = now if fenced else entry.next_try_at
    return fenced


def _open_again(entry: Debt) -> bool:
    return _marked(entry).update(state=DebtState.OPEN, last_error="") == 1


def _owe_again(entry: Debt) -> None:
    """A person kept it while it was being removed: it is paid once more, from the entry (protocol D1)."""
    log.warning("removal_overtaken", debt=entry.pk)
    cause = "decided by a person while it was being removed"
    keep([Entry(entry.comment, entry.holder, entry.owed, DebtState.OPEN, cause)])


def _get(store: Store, entry: Debt) -> object:
    return store.get(entry.room, entry.name, entry.comment.time)
