"""The write that decides: once, conditionally, and settled when its outcome is unknown (protocol W1 to W3)."""

from __future__ import annotations

import time
from collections.abc import Callable

from chat.data import Comment
from chat.exceptions import KeyContested, OutcomeUnknown, StoreError
from chat.stores.base import PutResult, Store

NEXT_INSTANTS = 3
"""How often a contested key moves to the clock's next instant (protocol W2)."""
RESEND_PAUSES = (0.0, 0.05, 0.25)
"""Seconds before each new issue of a write whose outcome is unknown; with the store's deadline this bounds a post."""


def decide(store: Store, draft: Callable[[], Comment]) -> Comment:
    """The comment as the authority accepted it. `draft` issues it with a new instant at each call (protocol T2).

    Raises `Unsettled` when it cannot be told whether the last draft was kept, `KeyContested` when every instant was
    taken by another comment, `StoreUnavailable` or `StoreRefused` when nothing was written.
    """
    for _ in range(1 + NEXT_INSTANTS):
        comment = draft()
        if holds(settle(store, comment), comment):
            return comment
    raise KeyContested(f"{store.id}: {1 + NEXT_INSTANTS} instants in a row were taken by other comments")


def holds(result: PutResult, comment: Comment) -> bool:
    """A duplicate of the very same comment is our own earlier put, not somebody else's (protocol W2)."""
    return result.applied or result.existing == comment


class Unsettled(OutcomeUnknown):
    """The same conditional write was issued again and again without an answer; `comment` may be in the store."""

    def __init__(self, store: str, message: str, comment: Comment) -> None:
        super().__init__(store, message)
        self.comment = comment


def settle(store: Store, comment: Comment) -> PutResult:
    """Put; after an unknown outcome issue the same put again, never judge by absence on read-back (protocol W3).

    A first put that lands after the second was answered changes nothing: its condition no longer holds.
    """
    try:
        return store.put(comment)
    except OutcomeUnknown as error:
        last: StoreError = error
    for pause in RESEND_PAUSES:
        time.sleep(pause)
        try:
            return store.put(comment)
        except StoreError as error:
            # Unavailable or refused now says nothing about the first put, which may have been done.
            last = error
    raise Unsettled(store.id, f"outcome still unknown: {last}", comment)
