"""The contract suite runs every test on every store."""

from __future__ import annotations

import pytest

from chat.stores.base import Store
from chat.stores.memory import MemoryStore
from tests.engine_fixtures import (
    cql_cluster,
    cql_session,
    dynamodb,
    dynamodb_table,
    keyspace,
    name,
    room,
    scylla,
)

__all__ = ["cql_cluster", "cql_session", "dynamodb", "dynamodb_table", "keyspace", "name", "room", "scylla"]


@pytest.fixture(params=["memory", "dynamodb", "scylla"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each store in turn."""
    if request.param == "memory":
        return MemoryStore()
    real: Store = request.getfixturevalue(request.param)
    return real
