"""Fixtures over the real engines: one table on each for a session; each test uses rooms and names of its own.

A conftest that wants them imports them by name. A missing engine fails the test: none is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from chat.stores.dynamodb.store import DynamoStore
from chat.stores.scylla.room import ScyllaRoomStore
from tests import engines


@pytest.fixture(scope="session")
def dynamodb_table() -> Iterator[str]:
    with engines.dynamodb_table() as name:
        yield name


@pytest.fixture(scope="session")
def cql_cluster() -> Iterator[Any]:
    with engines.cql_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def cql_session(cql_cluster: Any) -> Any:
    return cql_cluster.connect()


@pytest.fixture(scope="session")
def keyspace(cql_session: Any) -> Iterator[str]:
    with engines.cql_keyspace(cql_session) as name:
        yield name


@pytest.fixture
def dynamodb(dynamodb_table: str) -> Iterator[DynamoStore]:
    store = engines.dynamo_store(dynamodb_table)
    yield store
    store.close()


@pytest.fixture
def scylla(keyspace: str, cql_cluster: Any) -> ScyllaRoomStore:
    return engines.scylla_store(keyspace, cql_cluster)


@pytest.fixture
def room() -> str:
    return f"room-{uuid4().hex[:12]}"


@pytest.fixture
def name() -> str:
    return f"name-{uuid4().hex[:12]}"
