"""The driver's errors as the store's three kinds, by what they say about a write that was sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Final

from cassandra import (
    ConsistencyLevel,
    DriverException,
    RequestValidationException,
    Unauthorized,
    Unavailable,
    UnresolvableContactPoints,
    protocol,
)
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionException
from cassandra.cqlengine import CQLEngineException

from chat.exceptions import OutcomeUnknown, StoreError, StoreRefused, StoreUnavailable


class Sent(Enum):
    """What was sent, hence what a lost answer may hide."""

    READ = auto()
    # Sent exactly once; NoHostAvailable means that no node was given it.
    CONDITIONAL = auto()
    # The driver may try other nodes, so its last error says nothing about the tries before.
    WRITE = auto()


DRIVER_ERRORS: Final = (
    DriverException,
    NoHostAvailable,
    ConnectionException,
    CQLEngineException,
    # Some errors reach the caller as the raw protocol message.
    protocol.ErrorMessage,
    TimeoutError,
)
_REFUSALS: Final = (RequestValidationException, protocol.RequestValidationException)


@contextmanager
def translated(store: str, sent: Sent) -> Iterator[None]:
    """Raises `StoreRefused`, `StoreUnavailable` or `OutcomeUnknown` in place of what the driver raises."""
    try:
        yield
    except DRIVER_ERRORS as error:
        raise translate(error, store=store, sent=sent) from error
    except UnicodeEncodeError as error:
        raise StoreRefused(store, "the text holds a lone surrogate, which is not UTF-8; refuse it at input") from error


def translate(error: Exception, *, store: str, sent: Sent) -> StoreError:
    if isinstance(error, _REFUSALS):
        return StoreRefused(store, f"{_reason(error)}; {_advice(error)}")
    if sent is Sent.READ or _nothing_done(error, sent):
        return StoreUnavailable(store, _reason(error))
    return OutcomeUnknown(store, _reason(error))


def _nothing_done(error: Exception, sent: Sent) -> bool:
    if isinstance(error, Unavailable):
        # Found before anything was sent to a replica, but a conditional write has two parts: when the second one, the
        # commit at the plain consistency level, finds too few replicas, Paxos has already decided.
        return sent is Sent.WRITE or error.consistency in (ConsistencyLevel.SERIAL, ConsistencyLevel.LOCAL_SERIAL)
    if isinstance(error, NoHostAvailable):
        return sent is Sent.CONDITIONAL
    return isinstance(error, UnresolvableContactPoints)


def _advice(error: Exception) -> str:
    if isinstance(error, Unauthorized):
        return "give the role SCYLLA_USERNAME the right to SELECT and MODIFY the keyspace"
    return "if a table or a column is missing, run `manage.py sync_schema`"


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
