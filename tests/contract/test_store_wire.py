"""What a store says when the wire fails, through a proxy in front of the real engines (protocol W1 to W3)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from cassandra.policies import RetryPolicy

from chat.codec.items import to_item
from chat.data import Comment
from chat.exceptions import OutcomeUnknown, StoreUnavailable
from chat.stores.base import Deadlines, PutResult, Store
from chatproject.cassandra import CONDITIONAL
from tests import engines
from tests.faults.wire import Fault, Wire

T = 1_700_000_000_000_000
# Only requests are short: a busy machine may take its time to connect, and no test waits for that.
SHORT = Deadlines(connect=10.0, request=1.5)
SLACK = 1.4
"""Seconds of a busy machine on top of a deadline, and less than another deadline: a silent second try is seen."""


@dataclass
class Wired:
    """A store that reaches its engine through `wire`."""

    store: Store
    wire: Wire
    # The same tables without the proxy, and with time to spare.
    direct: Store


@pytest.fixture(params=["dynamodb", "scylla"])
def wired(request: pytest.FixtureRequest) -> Iterator[Wired]:
    with ExitStack() as stack:
        if request.param == "dynamodb":
            wire = Wire(*engines.dynamodb_address())
            table = request.getfixturevalue("dynamodb_table")
            store: Store = engines.dynamo_store(table, port=wire.port, deadlines=SHORT)
        else:
            wire = Wire(*engines.cql_address())
            cluster = stack.enter_context(engines.cql_cluster(host="127.0.0.1", port=wire.port))
            store = engines.scylla_store(request.getfixturevalue("keyspace"), cluster, deadlines=SHORT)
        stack.callback(wire.close)
        warm_up(store)
        yield Wired(store, wire, direct=request.getfixturevalue(request.param))


def warm_up(store: Store) -> None:
    """Connect and prepare, so that what follows is about one request on an open connection."""
    comment = Comment("warm", "up", T, "")
    soon(lambda: store.put(comment))
    store.upsert(comment)
    store.latest("warm", 1)
    next(store.stream_room("warm"), None)


@pytest.fixture
def comment(room: str, name: str) -> Comment:
    return Comment(room, name, T, "hello")


def soon(call: Callable[[], PutResult]) -> PutResult:
    """The first answer once the client has a connection again; the driver takes a second or two for a new one."""
    deadline = time.monotonic() + 15
    while True:
        try:
            return call()
        except StoreUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_a_lost_answer_is_an_unknown_outcome_and_the_put_was_sent_once(wired: Wired, comment: Comment) -> None:
    with wired.wire.strike(comment.room, Fault.LOSE_ANSWER) as rule:
        with pytest.raises(OutcomeUnknown):
            wired.store.put(comment)
        # Time enough for a library that would send it again by itself.
        time.sleep(0.3)
        assert rule.forwarded == 1


def test_the_same_put_again_settles_an_unknown_outcome(wired: Wired, comment: Comment) -> None:
    """Protocol W3: the first one had been applied, so the second is a duplicate that equals ours."""
    with wired.wire.strike(comment.room, Fault.LOSE_ANSWER), pytest.raises(OutcomeUnknown):
        wired.store.put(comment)
    assert soon(lambda: wired.store.put(comment)) == PutResult(applied=False, existing=comment)


def test_a_withheld_answer_to_a_put_is_unknown_within_the_deadline(wired: Wired, comment: Comment) -> None:
    with wired.wire.strike(comment.room, Fault.WITHHOLD_ANSWER) as rule:
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            wired.store.put(comment)
        assert time.monotonic() - started < SHORT.request + SLACK
        assert rule.forwarded == 1


def test_withheld_answers_to_a_read_make_it_unavailable_within_the_deadline(wired: Wired, room: str) -> None:
    with wired.wire.strike(room, Fault.WITHHOLD_ANSWER, times=100):
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            wired.store.latest(room, 5)
        assert time.monotonic() - started < SHORT.request + SLACK


def test_withheld_answers_to_an_upsert_are_unknown_within_the_deadline(wired: Wired, comment: Comment) -> None:
    with wired.wire.strike(comment.room, Fault.WITHHOLD_ANSWER, times=100):
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            wired.store.upsert(comment)
        assert time.monotonic() - started < SHORT.request + SLACK
    wired.store.upsert(comment)
    assert wired.store.latest(comment.room, 5) == (comment,)


def test_a_walk_whose_later_page_is_withheld_ends_within_the_deadline(wired: Wired, room: str, name: str) -> None:
    """Pages that the CQL driver fetches by itself have no deadline, and DynamoDB's pages are requests of their own."""
    wired.direct.upsert_many([Comment(room, name, T + i, "x" * 1200) for i in range(1100)])
    walk = wired.store.stream_room(room)
    next(walk)
    with wired.wire.strike(room, Fault.WITHHOLD_ANSWER, times=100):
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            list(walk)
        assert time.monotonic() - started < SHORT.request + SLACK


def test_an_engine_that_refuses_connections_is_unavailable(wired: Wired, comment: Comment) -> None:
    """Nothing was sent, so nothing is unknown."""
    wired.wire.close()
    # The client may find its old connection closed only by using it.
    with pytest.raises((StoreUnavailable, OutcomeUnknown)):
        wired.store.put(comment)
    with pytest.raises(StoreUnavailable):
        wired.store.put(comment)
    with pytest.raises(StoreUnavailable):
        wired.store.ping()


def test_a_library_that_retries_makes_its_own_first_put_look_like_a_duplicate(
    dynamodb_table: str, comment: Comment
) -> None:
    """The reason for protocol W1, with its mechanism off: boto3 as it comes sends a put again by itself."""
    wire = Wire(*engines.dynamodb_address())
    config = Config(retries={"mode": "standard", "total_max_attempts": 3})
    retrying: Any = engines.dynamodb_client(port=wire.port, config=config)
    with wire.strike(comment.room, Fault.LOSE_ANSWER) as rule, pytest.raises(ClientError) as caught:
        retrying.put_item(
            TableName=dynamodb_table,
            Item=to_item(comment),
            ConditionExpression="attribute_not_exists(#n)",
            ExpressionAttributeNames={"#n": "name"},
        )
    assert caught.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert rule.forwarded == 2
    wire.close()


def test_the_drivers_own_retries_would_call_an_applied_put_not_done(
    keyspace: str, scylla: Store, comment: Comment
) -> None:
    """The same for CQL: the driver's usual policy goes on to the next node, finds none, and reports only that."""
    wire = Wire(*engines.cql_address())
    with engines.cql_cluster(host="127.0.0.1", port=wire.port) as cluster:
        cluster.profile_manager.profiles[CONDITIONAL].retry_policy = RetryPolicy()
        store = engines.scylla_store(keyspace, cluster)
        store.ping()
        with wire.strike(comment.room, Fault.LOSE_ANSWER), pytest.raises(StoreUnavailable):
            store.put(comment)
    wire.close()
    assert scylla.latest(comment.room, 1) == (comment,)
