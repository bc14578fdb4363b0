"""What a client is told when a request fails: a status, a stable code, a sentence, and when to come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, UnreadablePostError

from chat.exceptions import (
    BadInput,
    ChatError,
    KeyContested,
    NotServing,
    OutcomeUnknown,
    StoreRefused,
    StoreUnavailable,
    WritesHeld,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """`retry_after` is whole seconds; every 429 and 503 carries one (contract, HTTP)."""

    status: int
    code: str
    message: str
    retry_after: int | None = None


class BodyTooLarge(BadInput):
    """The body is over CHAT_MAX_BODY_BYTES; it is refused without being parsed."""


class MethodNotAllowed(ChatError):
    """The path exists, the method does not. `allowed` fills the Allow header."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(f"use {' or '.join(allowed)}")
        self.allowed = allowed


class NotReady(ChatError):
    """No store that has to answer does; the message says what is missing."""


BAD_REQUEST = Fault(400, "bad_request", "the request cannot be understood")
FORBIDDEN = Fault(403, "forbidden", "this is not allowed")
NOT_FOUND = Fault(404, "not_found", "there is nothing at this address")
METHOD_NOT_ALLOWED = Fault(405, "method_not_allowed", "this address does not answer to this method")
INTERNAL = Fault(500, "internal_error", "the service failed; its log has the cause under this request id")

# The first class that fits decides, so a subclass stands before its base.
TABLE: tuple[tuple[type[Exception], Callable[[Any], Fault]], ...] = (
    (BodyTooLarge, lambda error: Fault(413, error.code, str(error))),
    (BadInput, lambda error: Fault(400, error.code, str(error))),
    (MethodNotAllowed, lambda error: Fault(405, METHOD_NOT_ALLOWED.code, str(error))),
    (WritesHeld, lambda error: Fault(503, "writes_held", str(error), error.retry_after)),
    (
        OutcomeUnknown,
        lambda _: Fault(
            503,
            "outcome_unknown",
            "the comment may or may not have been kept; look for it before posting it again",
            5,
        ),
    ),
    (
        StoreUnavailable,
        lambda _: Fault(503, "store_unavailable", "the comments cannot be reached right now; try again", 1),
    ),
    (NotServing, lambda _: Fault(503, "not_serving", "this process may not serve now; try again", 5)),
    (KeyContested, lambda _: Fault(503, "key_contested", "no free instant for this name; try again", 1)),
    (NotReady, lambda error: Fault(503, "not_ready", str(error), 5)),
    (
        StoreRefused,
        lambda _: Fault(500, "store_refused", "the store refuses this request; the operator has to look"),
    ),
    (RequestDataTooBig, lambda _: Fault(413, "body_too_large", "the body is too large")),
    (UnreadablePostError, lambda _: Fault(400, "body_incomplete", "the body ended before it was complete")),
    (SuspiciousOperation, lambda _: BAD_REQUEST),
    (PermissionDenied, lambda _: FORBIDDEN),
    (Http404, lambda _: NOT_FOUND),
)


def fault_of(error: Exception) -> Fault:
    """Anything not in the table is our own defect: a 500 that says nothing of the inside."""
    for kind, describe in TABLE:
        if isinstance(error, kind):
            return describe(error)
    return INTERNAL


def fault_of_status(status: int) -> Fault:
    """For an error answer that somebody else made without saying more than its status."""
    for fault in (BAD_REQUEST, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, INTERNAL):
        if fault.status == status:
            return fault
    return Fault(status, f"http_{status}", "the request failed")
