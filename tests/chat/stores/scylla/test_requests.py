"""How statements reach the engine: prepared, at which consistency, so many rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cassandra import ConsistencyLevel
from cassandra.policies import FallthroughRetryPolicy

from chat.data import Comment
from chat.stores.scylla.room import ScyllaRoomStore
from chatproject.cassandra import CONDITIONAL, HOT
from tests import engines
from tests.faults.wire import Fault, Wire

T = 1_700_000_000_000_000
QUORUM, ONE = ConsistencyLevel.LOCAL_QUORUM, ConsistencyLevel.ONE


@dataclass(frozen=True)
class Sent:
    """What matters of one request, as the driver is about to send it."""

    kind: str
    consistency: int
    idempotent: bool
    fetch_size: int | None


@dataclass
class Tapped:
    store: ScyllaRoomStore
    sent: list[Sent]


@pytest.fixture
def tapped(keyspace: str) -> Iterator[Tapped]:
    """Reads are set to ONE here, so that they can be told from what must be at the write consistency."""
    with engines.cql_cluster() as cluster:
        cluster.profile_manager.profiles[HOT].consistency_level = ONE
        tapped = Tapped(engines.scylla_store(keyspace, cluster), [])
        tapped.store.ping()

        def note(future: Any) -> None:
            query, message = future.query, future.message
            size = getattr(message, "fetch_size", None)
            tapped.sent.append(Sent(type(query).__name__, message.consistency_level, query.is_idempotent, size))

        tapped.store._requests.connection.session(seconds=0).add_request_init_listener(note)
        yield tapped


@pytest.fixture
def comment(room: str, name: str) -> Comment:
    return Comment(room, name, T, "hello")


def test_a_read_is_prepared_idempotent_and_asks_for_no_more_rows_than_wanted(tapped: Tapped, comment: Comment) -> None:
    tapped.store.latest(comment.room, 3)
    tapped.store.page(comment.room, None, 3)
    assert tapped.sent == [Sent("BoundStatement", ONE, True, 3), Sent("BoundStatement", ONE, True, 4)]


def test_strong_reads_are_at_the_write_consistency(tapped: Tapped, comment: Comment) -> None:
    """Protocol W9."""
    tapped.store.get(comment.room, comment.name, comment.time)
    list(tapped.store.stream_room(comment.room))
    assert tapped.sent == [Sent("BoundStatement", QUORUM, True, 1), Sent("BoundStatement", QUORUM, True, 1000)]


def test_writes_are_at_the_write_consistency_and_never_speculated(tapped: Tapped, comment: Comment) -> None:
    tapped.store.upsert(comment)
    tapped.store.delete(comment)
    writes = [sent for sent in tapped.sent if not sent.idempotent]
    assert [(sent.kind, sent.consistency) for sent in writes] == [("BoundStatement", QUORUM)] * 2


def test_a_conditional_write_is_serial_and_sent_once(cql_cluster: Any, tapped: Tapped, comment: Comment) -> None:
    """Protocol W1."""
    tapped.store.put(comment)
    assert (tapped.sent[0].kind, tapped.sent[0].idempotent) == ("BoundStatement", False)
    profile = cql_cluster.profile_manager.profiles[CONDITIONAL]
    assert profile.serial_consistency_level == ConsistencyLevel.LOCAL_SERIAL
    assert isinstance(profile.retry_policy, FallthroughRetryPolicy)


def test_many_comments_go_in_batches_of_one_room(tapped: Tapped, room: str, name: str) -> None:
    tapped.store.upsert_many([Comment(f"{room}-{i % 3}", name, T + i, "hello") for i in range(30)])
    assert [(sent.kind, sent.consistency) for sent in tapped.sent] == [("BatchStatement", QUORUM)] * 3


def test_a_statement_is_prepared_once_and_its_text_never_sent_again(keyspace: str, room: str) -> None:
    wire = Wire(*engines.cql_address())
    with engines.cql_cluster(host="127.0.0.1", port=wire.port) as cluster:
        store = engines.scylla_store(keyspace, cluster)
        # Strikes nothing: it only counts the messages that carry the text.
        with wire.strike(f"FROM {keyspace}.chat_by_room", Fault.LOSE_ANSWER, times=0) as text:
            for _ in range(5):
                store.latest(room, 1)
        assert text.forwarded == 1
    wire.close()
