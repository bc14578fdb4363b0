"""What was deleted in CQL while it was being paid into DynamoDB is taken out of DynamoDB again (protocol D3).

A row that is absent proves nothing (protocol D1): a holder that is away, an entry that was never settled, a look that
came too early all read as absence. So a comment is taken out only when all of these hold:

1. a strong look at the holder, straight before the put, saw exactly this comment: the holder had it;
2. a strong look after the put sees nothing under the key. Rows are immutable and written once, at instants nobody else
   issues, so nothing but a delete makes the holder lose one;
3. a third look, after the entry is marked, still sees nothing, and DynamoDB holds exactly this comment.

The entry is marked `conflict` before the item is removed, and closed as `void` after: a crash or an error in between
leaves an entry that blocks and says what happened, never a debt that counts as paid. Many rows lost at once are no
deletes of comments but a table that was emptied: then nothing is removed either. A crash between put and second look
forgets the first look; the next drain then keeps the comment, which parity reports as extra.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from chat.exceptions import StoreError
from chat.stores.base import StampedStore, Store
from migration.enums import DebtState
from migration.ledger.closing import change, close
from migration.models import Debt

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 10
"""More lost by the holder within one batch, which takes a moment, is taken for a loss, not for deletes."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Entries of one holder that it had before they were paid."""

    holder: Store | None
    seen: tuple[Debt, ...]

    def lost(self) -> list[Debt]:
        """Those the holder has no more. An unreachable holder lost nothing: they are paid from the entry (D1)."""
        if self.holder is None or not self.seen:
            return []
        try:
            there = self.holder.get_many([entry.comment for entry in self.seen])
        except StoreError as error:
            log.info("deletes_not_seen", holder=self.holder.id, error=str(error))
            return []
        return [entry for entry, found in zip(self.seen, there, strict=True) if found is None]


UNWATCHED = Watch(holder=None, seen=())


def watch(entries: Sequence[Debt], *, open_holder: Callable[[], Store], owed: Store) -> Watch:
    """The first look, before the put. Only CQL is watched, and only for DynamoDB, as the rule says."""
    if isinstance(owed, StampedStore):
        return UNWATCHED
    # Whatever is wrong with the holder must not keep the debt from being paid (protocol D1).
    try:
        holder = open_holder()
        if not isinstance(holder, StampedStore):
            return UNWATCHED
        there = holder.get_many([entry.comment for entry in entries])
    except StoreError as error:
        log.info("deletes_not_watched", error=str(error))
        return UNWATCHED
    return Watch(holder, tuple(entry for entry, found in zip(entries, there, strict=True) if found == entry.comment))


def take_out(lost: Sequence[Debt], *, holder: Store, owed: Store) -> int:
    """How many were taken out and closed; the others are left in conflict, or open again."""
    if len(lost) > MOST_AT_ONCE:
        what = f"{holder.id} lost {len(lost)} comments at once while they were being paid: nothing is removed"
        for entry in lost:
            _mark(entry, f"{what}; find out why, then `ledger drain` keeps it in {owed.id}")
        log.error("holder_lost_comments", holder=holder.id, entries=len(lost))
        return 0
    return sum(_take_out(entry, holder=holder, owed=owed) for entry in lost)


def _take_out(entry: Debt, *, holder: Store, owed: Store) -> bool:
    what = f"deleted in {holder.id} while it was being paid into {owed.id}"
    if not _mark(entry, f"{what}, and not yet removed there: `ledger drain` keeps it, `ledger waive` leaves it"):
        return False
    try:
        return _remove(entry, what, holder=holder, owed=owed)
    except StoreError as error:
        log.warning("delete_not_repeated", debt=entry.pk, error=str(error))
        return False


def _mark(entry: Debt, why: str) -> bool:
    return change(entry, state=DebtState.CONFLICT, last_error=why)


def _remove(entry: Debt, what: str, *, holder: Store, owed: Store) -> bool:
    if _get(holder, entry) is not None:
        change(entry, state=DebtState.OPEN, last_error="")
        return False
    found = _get(owed, entry)
    if found == entry.comment:
        owed.delete(entry.comment)
        found = _get(owed, entry)
    if found is not None:
        return False
    if _get(holder, entry) is not None:
        # It came back at this very moment: paid like any other debt, at the next round.
        change(entry, state=DebtState.OPEN, last_error="")
        return False
    log.warning("delete_repeated", debt=entry.pk, holder=holder.id, owed=owed.id)
    return close([entry], DebtState.VOID, reason=what, was=DebtState.CONFLICT) == 1


def _get(store: Store, entry: Debt) -> object:
    return store.get(entry.room, entry.name, entry.comment.time)
