"""The stores' tests run on the real engines."""

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
