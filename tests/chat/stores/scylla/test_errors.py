"""Which of the store's three kinds each of the driver's errors becomes, by what was sent."""

from __future__ import annotations

import pytest
from cassandra import (
    ConsistencyLevel,
    InvalidRequest,
    OperationTimedOut,
    ReadTimeout,
    Unauthorized,
    Unavailable,
    UnresolvableContactPoints,
    WriteFailure,
    WriteTimeout,
)
from cassandra.cluster import NoHostAvailable
from cassandra.connection import ConnectionShutdown
from cassandra.protocol import OverloadedErrorMessage

from chat.exceptions import OutcomeUnknown, StoreError, StoreRefused, StoreUnavailable
from chat.stores.scylla.errors import Sent, translate, translated

R, U, X = StoreRefused, StoreUnavailable, OutcomeUnknown
LOST = ConnectionShutdown("closed")
SERIAL = Unavailable("few", consistency=ConsistencyLevel.LOCAL_SERIAL, required_replicas=2, alive_replicas=1)
PLAIN = Unavailable("few", consistency=ConsistencyLevel.LOCAL_QUORUM, required_replicas=2, alive_replicas=1)


@pytest.mark.parametrize(
    ("error", "read", "conditional", "write"),
    [
        (OperationTimedOut(), U, X, X),
        (ReadTimeout("slow"), U, X, X),
        (WriteTimeout("slow", write_type=1), U, X, X),
        (WriteFailure("failed", write_type=1), U, X, X),
        (LOST, U, X, X),
        (OverloadedErrorMessage(0x1001, "busy", None), U, X, X),
        (TimeoutError("not ready"), U, X, X),
        # Nothing went out: sent once, it was sent to nobody; else an earlier try may have been.
        (NoHostAvailable("none", {}), U, U, X),
        (UnresolvableContactPoints(), U, U, U),
        # The Paxos part found too few replicas: nothing decided. The commit did: decided all the same.
        (SERIAL, U, U, U),
        (PLAIN, U, X, U),
        (InvalidRequest("unconfigured table"), R, R, R),
        (Unauthorized("no"), R, R, R),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else type(value).__name__,
)
def test_an_error_becomes_what_it_says_about_the_request(
    error: Exception, read: type[StoreError], conditional: type[StoreError], write: type[StoreError]
) -> None:
    kinds = [type(translate(error, store="scylla-room", sent=sent)) for sent in Sent]
    assert kinds == [read, conditional, write]


def test_a_refusal_says_what_to_do() -> None:
    with pytest.raises(StoreRefused, match="sync_schema"), translated("scylla-room", Sent.READ):
        raise InvalidRequest("unconfigured table chat_by_room")
    with pytest.raises(StoreRefused, match="SCYLLA_USERNAME"), translated("scylla-room", Sent.READ):
        raise Unauthorized("no SELECT permission")


def test_our_own_errors_pass_as_they_are() -> None:
    with pytest.raises(KeyError), translated("scylla-room", Sent.READ):
        raise KeyError("a mistake of ours is no error of the store")
