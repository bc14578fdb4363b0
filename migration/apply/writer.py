"""Writes comments so that any order and repetition converge, and verifies where an entry is closed by it."""

from __future__ import annotations

import time
from collections.abc import Callable

from chat.data import Comment
from chat.exceptions import OutcomeUnknown, StoreError, StoreUnavailable
from chat.stores.base import Store

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


def write_verified(store: Store, comment: Comment) -> None:
    """Writes, reads back strongly, and raises `StoreError` unless what is seen is equal (protocol D2)."""
    store.upsert(comment)
    if store.get(comment.room, comment.name, comment.time) != comment:
        raise StoreError(store.id, "written, but a strong read-back does not show it")
