"""What each of boto3's errors says about the request that failed."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    ResponseStreamingError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from chat.stores.dynamodb.errors import Failure, failure_of, refused, unavailable

URL = "http://127.0.0.1:8000"


def answered(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutItem")


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (EndpointConnectionError(endpoint_url=URL), Failure.PASSING),
        (ConnectTimeoutError(endpoint_url=URL), Failure.PASSING),
        (answered("ProvisionedThroughputExceededException", 400), Failure.PASSING),
        (answered("ThrottlingException", 400), Failure.PASSING),
        (answered("RequestLimitExceeded", 400), Failure.PASSING),
        (ReadTimeoutError(endpoint_url=URL), Failure.UNANSWERED),
        (ConnectionClosedError(endpoint_url=URL), Failure.UNANSWERED),
        # In the middle of an answer as well as in a handshake: the worse case counts.
        (SSLError(endpoint_url=URL, error=OSError("EOF in violation of protocol")), Failure.UNANSWERED),
        (ResponseStreamingError(error="cut short"), Failure.UNANSWERED),
        (ResponseParserError("not JSON"), Failure.UNANSWERED),
        (answered("InternalServerError", 500), Failure.UNANSWERED),
        (answered("ServiceUnavailable", 503), Failure.UNANSWERED),
        (answered("ValidationException", 400), Failure.REFUSED),
        (answered("AccessDeniedException", 400), Failure.REFUSED),
        (answered("ResourceNotFoundException", 400), Failure.REFUSED),
        (NoCredentialsError(), Failure.REFUSED),
        (ParamValidationError(report="Item is missing"), Failure.REFUSED),
    ],
    ids=lambda value: value.name if isinstance(value, Failure) else type(value).__name__,
)
def test_a_failure_is_classified(error: Exception, failure: Failure) -> None:
    assert failure_of(error) is failure


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("ResourceNotFoundException", "sync_schema"),
        ("AccessDeniedException", "PutItem"),
        ("UnrecognizedClientException", "AWS_ACCESS_KEY_ID"),
    ],
)
def test_a_refusal_says_what_to_do(code: str, advice: str) -> None:
    assert advice in str(refused("dynamodb", answered(code, 400)))


def test_only_an_unreachable_endpoint_is_blamed_on_its_address() -> None:
    assert "DYNAMODB_ENDPOINT_URL" in str(unavailable("dynamodb", EndpointConnectionError(endpoint_url=URL)))
    assert "DYNAMODB_ENDPOINT_URL" not in str(unavailable("dynamodb", answered("ThrottlingException", 400)))
