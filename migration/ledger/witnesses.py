"""Whether a holder that lost a few comments lost only these: then they were deleted (protocol D3), else it was damaged.

A table that was emptied, or put back to an older copy, lacks comments too. So before one is taken out of the other
store, the holder must still show the comments next to it.
"""

from __future__ import annotations

from collections.abc import Collection

from chat.data import Comment, Position
from chat.stores.base import Store

NEXT_TO_IT = 20
"""Comments older than it, and as many of the room's newest: an older copy lacks these, an emptied table both."""


def doubt(gone: Comment, lost: Collection[Comment], *, holder: Store, owed: Store, before_us: int) -> str:
    """Why `gone` may not have been deleted; empty where nothing says so. Raises `StoreError`.

    `before_us` is when the holder was seen to have it: what was written later bears witness to nothing.
    """
    older = owed.page(gone.room, Position(gone.time, gone.name), NEXT_TO_IT).items
    near = list({*owed.latest(gone.room, NEXT_TO_IT), *older} - {*lost, gone})
    if not any(comment.time_us < before_us for comment in near):
        return f"no other comment of its room shows that {holder.id} still has the room"
    missing = sum(there is None for there in holder.get_many(near))
    return f"{holder.id} lacks {missing} more comments of its room" if missing else ""
