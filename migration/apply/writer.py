"""Writes comments so that any order and repetition converge, and verifies where an entry is closed by it."""

from __future__ import annotations

import time
from collections.abc import Callable

from chat.data import Comment
from chat.exceptions import OutcomeUnknown, StoreError, StoreUnavailable
from chat.stores.base import StampedStore, Store
from migration.apply.changeclock import reserve

RETRY_PAUSES = (0.2, 1.0, 3.0)
"""Seconds before each repetition of a batch whose outcome is unknown or that was throttled."""


def write_many(store: Store, comments: list[Comment], *, alive: Callable[[], None] = lambda: None) -> None:
    """All are confirmed when this returns. Immutable rows carry their own time as write timestamp (protocol T3), so
    repeating a batch that may have been written is harmless. `alive` is called between repetitions."""
    for pause in RETRY_PAUSES:
        try:
            store.upsert_many(comments)
        except (OutcomeUnknown, StoreUnavailable):
            alive()
            time.sleep(pause)
        else:
            return
    store.upsert_many(comments)


def write_verified(store: Store, comment: Comment, *, source: Store | None = None) -> None:
    """Writes, reads back strongly, and raises `StoreError` unless what is seen is equal (protocol D2).

    Where a tombstone or a larger value of the same stamp hides the row, what the source has is written once more with
    the change clock. The comment itself is written where the source is away, or lacks it: absence proves nothing (D1).
    """
    store.upsert(comment)
    if _shows(store, comment):
        return
    if isinstance(store, StampedStore):
        wanted = _of_source(source, comment)
        (stamp,) = reserve(above_us=store.written_us(comment) or 0)
        store.replace(wanted, stamp_us=stamp)
        if _shows(store, wanted):
            return
    raise StoreError(store.id, "written, but a strong read-back does not show it")


def _shows(store: Store, comment: Comment) -> bool:
    return store.get(comment.room, comment.name, comment.time) == comment


def _of_source(source: Store | None, comment: Comment) -> Comment:
    if source is None:
        return comment
    try:
        return source.get(comment.room, comment.name, comment.time) or comment
    except StoreUnavailable:
        return comment
