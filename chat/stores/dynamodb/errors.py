"""boto3's errors: what one attempt's failure says about the request, and what the operator should do."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
)
from botocore.parsers import ResponseParserError

from chat.exceptions import StoreRefused, StoreThrottled, StoreUnavailable

CLIENT_ERRORS: Final = (BotoCoreError, ClientError, ResponseParserError)
"""Everything that a call of the client raises for a reason outside this program."""


class Failure(Enum):
    """What a failed attempt leaves behind."""

    # Nothing was done, and the same request may work later.
    PASSING = auto()
    # The request was sent and its answer is missing: it may have been done.
    UNANSWERED = auto()
    # The request can never work as it is; nothing was done.
    REFUSED = auto()


_NOT_SENT: Final = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
# Read timeout, connection closed or reset (TLS names that an SSLError), answer cut short or not parsable.
_UNANSWERED: Final = (ConnectionError, HTTPClientError, ResponseParserError)
_THROTTLED: Final = frozenset(
    (
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottledException",
        "ThrottlingException",
        "TransactionConflictException",
    )
)
_ADVICE: Final = {
    "ResourceNotFoundException": "run `manage.py sync_schema`, or set DYNAMODB_TABLE to a table that is there",
    "AccessDeniedException": "allow GetItem, PutItem, DeleteItem, Query and Scan on the table and its index",
    "UnrecognizedClientException": "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION",
    "ValidationException": "if it names the index, run `manage.py sync_schema`",
}


def failure_of(error: Exception) -> Failure:
    """Classify what a call of the client raised (one of CLIENT_ERRORS)."""
    if isinstance(error, ClientError):
        return _failure_of_answer(error)
    if isinstance(error, _NOT_SENT):
        return Failure.PASSING
    return Failure.UNANSWERED if isinstance(error, _UNANSWERED) else Failure.REFUSED


def _failure_of_answer(error: ClientError) -> Failure:
    if _code(error) in _THROTTLED:
        return Failure.PASSING
    # A server fault is told after the request went in: it may have been done all the same.
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return Failure.UNANSWERED if status >= 500 else Failure.REFUSED


def refused(store: str, error: Exception) -> StoreRefused:
    advice = _ADVICE.get(_code(error), "")
    return StoreRefused(store, f"{reason(error)}; {advice}" if advice else reason(error))


def unavailable(store: str, error: Exception) -> StoreUnavailable:
    if _code(error) in _THROTTLED:
        return StoreThrottled(store, reason(error))
    advice = "check DYNAMODB_ENDPOINT_URL, or start one (`python -m devstack up`)"
    return StoreUnavailable(store, f"{reason(error)}; {advice}" if isinstance(error, _NOT_SENT) else reason(error))


def reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _code(error: Exception) -> str:
    """The service's own name for the error; empty for one that did not come from the service."""
    return error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
