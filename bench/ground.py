"""What a claim stands on: the engines it needs, its own table and keyspace, and a control database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from platform import python_version
from typing import Any

from django.core.management import call_command

from bench.claim import Engine
from chat.conf import Role, deadlines, env
from chat.management.engines import dynamodb_client
from chat.schema.dialect import detect
from chat.schema.dynamodb_table import typed_errors
from chat.stores.registry import close_stores, cql_connection
from devstack.places import find_places
from devstack.state import load

SCHEMAS = {Engine.CQL: "scylla", Engine.DYNAMODB: "dynamodb"}
"""The engines as `sync_schema --only` names them."""
DDL_SECONDS = 60.0


def cql_session() -> Any:
    """The process's own session of the driver. Raises StoreUnavailable."""
    return cql_connection().session(seconds=deadlines(Role.WORKER).request)


def check_reachable(engines: frozenset[Engine]) -> None:
    """Raises StoreUnavailable for the first that does not answer."""
    if Engine.CQL in engines:
        cql_session()
    if Engine.DYNAMODB in engines:
        with typed_errors():
            dynamodb_client().list_tables(Limit=1)


@contextmanager
def prepared(engines: frozenset[Engine]) -> Iterator[None]:
    """A control database as after the first `migrate`; table and keyspace made, and dropped at the end."""
    call_command("migrate", verbosity=0)
    try:
        for engine in sorted(engines):
            call_command("sync_schema", only=SCHEMAS[engine], as_json=True, stdout=_Nowhere())
        yield
    finally:
        _drop(engines)
        close_stores()


class _Nowhere:
    """Takes what a command prints. A failed command raises."""

    def write(self, text: str) -> None:
        """Nobody reads it."""


def _drop(engines: frozenset[Engine]) -> None:
    if Engine.CQL in engines:
        cql_session().execute(f"DROP KEYSPACE IF EXISTS {env().keyspace}", timeout=DDL_SECONDS)
    if Engine.DYNAMODB in engines:
        client = dynamodb_client()
        try:
            client.delete_table(TableName=env().dynamodb_table)
        except client.exceptions.ResourceNotFoundException:
            # It failed before the table was made.
            return


def versions(engines: frozenset[Engine]) -> dict[str, str]:
    """Of what the figures depend on; an engine's own word where it tells."""
    found = {"python": python_version(), "sqlite": sqlite3.sqlite_version}
    found |= {package: version(package) for package in ("django", "boto3", "scylla-driver")}
    if Engine.CQL in engines:
        dialect = detect(cql_session())
        found[dialect.engine.value] = dialect.version
    if Engine.DYNAMODB in engines:
        found["dynamodb-local"] = _dynamodb_version()
    return found


def _dynamodb_version() -> str:
    """DynamoDB Local tells it to nobody; the record of the local stack does, if it is the one in use."""
    running = load(find_places({}).state).get("dynamodb")
    in_use = running is not None and env().dynamodb_endpoint_url == f"http://{running.address}"
    return running.version if running is not None and in_use else "unknown"
