"""Calls of boto3's client that end within a role's deadline, each repeated only as far as its outcome allows."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

import boto3
from botocore.config import Config

from chat.exceptions import OutcomeUnknown, StoreError
from chat.stores.base import Deadlines
from chat.stores.dynamodb.errors import (
    CLIENT_ERRORS,
    Failure,
    failure_of,
    reason,
    refused,
    unavailable,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

Answer = TypeVar("Answer")
Call = Callable[["DynamoDBClient"], Answer]

POOL_CONNECTIONS: Final = 32
"""Open connections of one client: more threads than that wait for each other's answers."""
MAX_ATTEMPTS: Final = 4
FIRST_PAUSE: Final = 0.05
"""Seconds; the n-th pause is a random part of twice the one before, so that clients do not come back in step."""

# Shares of the deadline. An attempt may begin in the first 0.4 of it and then takes at most 0.2 to connect and 0.4
# to be answered: all attempts together end within it.
_BEGIN: Final = 0.4
_CONNECT: Final = 0.2
_ANSWER: Final = 0.4


class Calls:
    """Two clients of one endpoint. boto3 itself repeats nothing: its pauses know no deadline (up to seconds each),
    and a repeat of a conditional put makes the first one look like a duplicate (protocol W1)."""

    def __init__(self, *, endpoint_url: str | None, region: str, deadlines: Deadlines, store: str) -> None:
        """`endpoint_url` None means AWS itself."""
        self._store = store
        self._deadline = deadlines.request
        connect = min(deadlines.connect, _CONNECT * deadlines.request)
        session = boto3.session.Session()

        def client(answer: float) -> DynamoDBClient:
            config = Config(
                connect_timeout=connect,
                read_timeout=answer,
                retries={"mode": "standard", "total_max_attempts": 1},
                max_pool_connections=POOL_CONNECTIONS,
                tcp_keepalive=True,
                # Every argument is built by this package, and the service checks it again: a tenth of a put's time.
                parameter_validation=False,
            )
            made: DynamoDBClient = session.client(
                "dynamodb", endpoint_url=endpoint_url, region_name=region, config=config
            )
            return made

        self._repeating = client(_ANSWER * deadlines.request)
        # One attempt has the whole deadline to itself.
        self._single = client(deadlines.request - connect)

    def once(self, call: Call[Answer]) -> Answer:
        """A conditional write, sent exactly once. Raises `OutcomeUnknown` when its answer was lost."""
        try:
            return call(self._single)
        except CLIENT_ERRORS as error:
            raise self._final(error, unanswered=failure_of(error) is Failure.UNANSWERED) from error

    def read(self, call: Call[Answer]) -> Answer:
        return self._repeat(call, writes=False)

    def write(self, call: Call[Answer]) -> Answer:
        """A write that may be sent several times. Raises `OutcomeUnknown` when any of the attempts may have worked."""
        return self._repeat(call, writes=True)

    def _repeat(self, call: Call[Answer], *, writes: bool) -> Answer:
        last_begin = time.monotonic() + _BEGIN * self._deadline
        unanswered = False
        for attempt in range(MAX_ATTEMPTS):
            try:
                return call(self._repeating)
            except CLIENT_ERRORS as error:
                failure = failure_of(error)
                unanswered |= writes and failure is Failure.UNANSWERED
                pause = random.uniform(0, FIRST_PAUSE * 2**attempt)
                late = time.monotonic() + pause > last_begin
                if failure is Failure.REFUSED or late or attempt == MAX_ATTEMPTS - 1:
                    raise self._final(error, unanswered=unanswered) from error
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _final(self, error: Exception, *, unanswered: bool) -> StoreError:
        if unanswered:
            return OutcomeUnknown(self._store, reason(error))
        if failure_of(error) is Failure.REFUSED:
            return refused(self._store, error)
        return unavailable(self._store, error)

    def close(self) -> None:
        self._repeating.close()
        self._single.close()
