"""The connection's promises to its callers: within their deadline, and with words for the operator."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest

from chat.exceptions import StoreUnavailable
from chat.stores.base import Deadlines
from chat.stores.scylla.connection import Connection
from chat.stores.scylla.statements import Statement, room_table
from tests import engines


def test_a_node_that_accepts_and_never_answers_costs_a_caller_its_deadline_only() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with engines.cql_cluster(host="127.0.0.1", port=port) as cluster:
            store = engines.scylla_store("any", cluster, deadlines=Deadlines(connect=0.3, request=0.3))
            started = time.monotonic()
            with pytest.raises(StoreUnavailable, match="not ready within"):
                store.ping()
            assert time.monotonic() - started < 1.3


def test_a_failed_connect_names_the_address_and_what_to_do() -> None:
    def refuse() -> Any:
        raise OSError("refused")

    connection = Connection(opener=refuse, address="10.0.0.1:9042", store="scylla-room")
    with pytest.raises(StoreUnavailable, match=r"10\.0\.0\.1:9042 .*refused.*SCYLLA_CONTACT_POINTS"):
        connection.session(seconds=5)


def test_reads_may_be_sent_to_a_second_node_and_writes_may_not(cql_cluster: Any, keyspace: str) -> None:
    connection = Connection(opener=cql_cluster.connect, address="here", store="scylla-room")
    connection.session(seconds=20)
    table = room_table(keyspace)
    assert connection.prepared(table.select_one(), seconds=20).is_idempotent
    assert not connection.prepared(table.insert_if_absent(), seconds=20).is_idempotent


def test_equal_statements_are_prepared_once(cql_cluster: Any, keyspace: str) -> None:
    connection = Connection(opener=cql_cluster.connect, address="here", store="scylla-room")
    connection.session(seconds=20)
    cql = room_table(keyspace).select_one().cql
    first = connection.prepared(Statement(cql), seconds=20)
    assert connection.prepared(Statement(cql), seconds=20) is first
