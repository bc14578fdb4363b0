"""What was deleted in CQL while it was being paid into DynamoDB is taken out of DynamoDB again (protocol D3).

A row that is absent proves nothing (protocol D1): a holder that is away, an entry that was never settled, a look that
came too early all read as absence. So a comment is taken out only when all of these hold:

1. a strong look at the holder, straight before the put, saw exactly this comment: the holder had it;
2. a strong look after the put sees nothing under the key. Rows are immutable and written once, at instants nobody else
   issues, so nothing but a delete makes the holder lose one;
3. a third look, after the entry is marked, still sees nothing, and DynamoDB holds exactly this comment;
4. the holder still has the comments next to it, and lost few at once: no table that was emptied or put back
   (`witnesses`);
5. straight before the removal the entry still bears this drain's mark, the holder decides writes, none are held, and
   the first look is no older than `LOOK_SECONDS`: this drain did not sleep while a person decided otherwise.

Where 4 or 5 fails the entry stays `conflict` for a person. It is marked `conflict` before the item is removed, and
closed as `void` after: a crash or an error in between leaves an entry that blocks and says what happened, never a debt
that counts as paid. What a person closed at the very moment of the removal is owed again, from the entry. A crash
between put and second look forgets the first look; the next drain then keeps the comment, which parity calls extra.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

import structlog

from chat.clock import wall_us
from chat.exceptions import StoreError
from chat.stores.base import StampedStore, Store
from migration.ledger.removing import Removal, mark
from migration.models import Debt

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 10
"""More lost by the holder within one batch, which takes a moment, is taken for a loss, not for deletes."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Entries of one holder that it had before they were paid, and when the first look began, by both clocks."""

    holder: Store | None
    seen: tuple[Debt, ...]
    began: float = 0.0
    began_us: int = 0

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
    began, began_us = monotonic(), wall_us()
    # Whatever is wrong with the holder must not keep the debt from being paid (protocol D1).
    try:
        holder = open_holder()
        if not isinstance(holder, StampedStore):
            return UNWATCHED
        there = holder.get_many([entry.comment for entry in entries])
    except StoreError as error:
        log.info("deletes_not_watched", error=str(error))
        return UNWATCHED
    seen = tuple(entry for entry, found in zip(entries, there, strict=True) if found == entry.comment)
    return Watch(holder, seen, began, began_us)


def take_out(lost: Sequence[Debt], *, watched: Watch, holder: Store, owed: Store) -> int:
    """How many were taken out and closed; the others are left in conflict, or open again."""
    if len(lost) > MOST_AT_ONCE:
        what = f"{holder.id} lost {len(lost)} comments at once while they were being paid: nothing is removed"
        for entry in lost:
            mark(entry, f"{what}; find out why, then `ledger drain` keeps it in {owed.id}")
        log.error("holder_lost_comments", holder=holder.id, entries=len(lost))
        return 0
    gone = tuple(entry.comment for entry in lost)
    removal = Removal(gone, holder, owed, began=watched.began, began_us=watched.began_us)
    return sum(removal.take_out(entry) for entry in lost)
