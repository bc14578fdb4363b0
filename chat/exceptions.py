"""Errors of the chat service. Each store turns its driver's errors into one of the three kinds of StoreError."""

from __future__ import annotations


class ChatError(Exception):
    """Base of every error this service raises on purpose."""


class StoreError(ChatError):
    """A store could not do what was asked. `store` is the store id, for logs and for the operator."""

    def __init__(self, store: str, message: str) -> None:
        super().__init__(f"{store}: {message}")
        self.store = store


class StoreUnavailable(StoreError):
    """Nothing was done and the same call may work later: throttled, refused, no node up, a read timed out."""


class StoreThrottled(StoreUnavailable):
    """The store answers, but takes no more at this pace: slow down."""


class StoreRefused(StoreError):
    """The call can never work as it is: a missing table, no permission, a value the store cannot hold."""


class OutcomeUnknown(StoreError):
    """A write may or may not have been done: it timed out, or the answer was lost. Settle it by protocol W3."""


class MirrorConflict(StoreError):
    """DynamoDB holds another comment under this key; a mirror never overwrites it (protocol W7)."""


class WritesHeld(ChatError):
    """Writes wait for the write authority to move, and the bound of the wait passed (protocol F6).

    `retry_after` is whole seconds for the Retry-After header.
    """

    def __init__(self, retry_after: int) -> None:
        super().__init__("writes are held while the write authority moves; try again shortly")
        self.retry_after = retry_after


class NotServing(ChatError):
    """This process may not serve: it never registered with the control plane, or was superseded (protocol F5, F9)."""


class KeyContested(ChatError):
    """Another comment sat under this key several instants in a row (protocol W2): a foreign writer, or bad clocks."""


class BadInput(ChatError):
    """The client's input is not acceptable. `code` is stable, the message says what is wrong with which field."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
