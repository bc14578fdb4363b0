"""The real engines, and a keyspace and a table name per test, dropped at its end if the test made them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests import engines

KEYSPACE = "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = %s"


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    with engines.cql_cluster() as cluster:
        yield cluster.connect()


@pytest.fixture
def keyspace(session: Any) -> Iterator[str]:
    name = f"t_{uuid4().hex[:12]}"
    yield name
    if session.execute(KEYSPACE, [name]).one():
        session.execute(f"DROP KEYSPACE {name}", timeout=60)


@pytest.fixture(scope="session")
def client() -> Any:
    return engines.dynamodb_client()


@pytest.fixture
def table(client: Any) -> Iterator[str]:
    name = f"t-{uuid4().hex[:12]}"
    yield name
    if name in client.list_tables()["TableNames"]:
        client.delete_table(TableName=name)
