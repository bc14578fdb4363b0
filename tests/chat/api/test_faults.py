"""Which status, code and pause each kind of failure gets."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, UnreadablePostError

from chat.api.faults import BodyTooLarge, MethodNotAllowed, NotReady, fault_of, fault_of_status
from chat.exceptions import (
    BadInput,
    KeyContested,
    MirrorConflict,
    NotServing,
    OutcomeUnknown,
    StoreRefused,
    StoreUnavailable,
    WritesHeld,
)
from chat.routing.authority import Unsettled
from tests.chat.api.test_answers import said

SECRET = "10.0.0.7:9042 said no"


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (BadInput("bad_name", "name must be text"), 400, "bad_name", None),
        (BodyTooLarge("body_too_large", "too large"), 413, "body_too_large", None),
        (MethodNotAllowed(("GET",)), 405, "method_not_allowed", None),
        (WritesHeld(3), 503, "writes_held", 3),
        (OutcomeUnknown("dynamodb", SECRET), 503, "outcome_unknown", 5),
        (Unsettled("dynamodb", SECRET, said(1)), 503, "outcome_unknown", 5),
        (StoreUnavailable("dynamodb", SECRET), 503, "store_unavailable", 1),
        (StoreRefused("dynamodb", SECRET), 500, "store_refused", None),
        (MirrorConflict("dynamodb", SECRET), 500, "internal_error", None),
        (NotServing(SECRET), 503, "not_serving", 5),
        (KeyContested(SECRET), 503, "key_contested", 1),
        (NotReady("no store answers"), 503, "not_ready", 5),
        (RequestDataTooBig(), 413, "body_too_large", None),
        (UnreadablePostError(), 400, "body_incomplete", None),
        (SuspiciousOperation(SECRET), 400, "bad_request", None),
        (PermissionDenied(SECRET), 403, "forbidden", None),
        (Http404(SECRET), 404, "not_found", None),
        (RuntimeError(SECRET), 500, "internal_error", None),
        (KeyError(SECRET), 500, "internal_error", None),
    ],
)
def test_each_failure_has_its_fault_and_tells_nothing_of_the_inside(
    error: Exception, status: int, code: str, retry_after: int | None
) -> None:
    fault = fault_of(error)
    assert (fault.status, fault.code, fault.retry_after) == (status, code, retry_after)
    assert SECRET not in fault.message


def test_a_status_without_a_cause_still_has_a_code() -> None:
    assert [fault_of_status(status).code for status in (400, 404, 405, 418, 500)] == [
        "bad_request",
        "not_found",
        "method_not_allowed",
        "http_418",
        "internal_error",
    ]
