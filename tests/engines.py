"""The real engines for tests: tables of their own under unique names, and stores that use them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
from cassandra.cluster import Cluster

from chat.conf import env
from chat.data import StoreId
from chat.schema import ddl
from chat.schema import dynamodb_table as schema
from chat.schema.tables import wanted_tables
from chat.stores.base import Deadlines
from chat.stores.dynamodb.calls import Calls
from chat.stores.dynamodb.store import DynamoStore
from chat.stores.scylla.connection import Connection
from chat.stores.scylla.requests import Requests
from chat.stores.scylla.room import ScyllaRoomStore
from chatproject import cassandra

PATIENT = Deadlines(connect=10.0, request=20.0)
"""For tests that are not about deadlines, on a machine that may be busy with other tests."""


def dynamodb_client(*, port: int | None = None, **options: Any) -> Any:
    """boto3 as it comes, to look past our own code."""
    host, real_port = dynamodb_address()
    endpoint = f"http://{host}:{port or real_port}"
    return boto3.client("dynamodb", endpoint_url=endpoint, region_name=env().aws_region, **options)


def dynamodb_address() -> tuple[str, int]:
    url = urlsplit(env().dynamodb_endpoint_url or "")
    assert url.hostname, "DYNAMODB_ENDPOINT_URL is not set: run `make up` and export what `devstack env` prints"
    return url.hostname, url.port or 80


def cql_address() -> tuple[str, int]:
    return env().scylla_contact_points[0], env().scylla_port


@contextmanager
def dynamodb_table() -> Iterator[str]:
    """The name of a new table with the index, dropped at the end."""
    client, name = dynamodb_client(), f"t-{uuid4().hex[:12]}"
    schema.create_table(name).send(client)
    schema.wait_until_active(client, name, seconds=30)
    try:
        yield name
    finally:
        client.delete_table(TableName=name)


@contextmanager
def cql_cluster(*, host: str | None = None, port: int | None = None) -> Iterator[Cluster]:
    """A cluster object of the driver with the settings' own options, at another address if given."""
    options = cassandra.connection(env())
    for of_cqlengine in ("lazy_connect", "retry_connect"):
        del options[of_cqlengine]
    # Uncompressed, so that a proxy in between can read what passes.
    options |= {"port": port or options["port"], "compression": False}
    cluster = Cluster([host or cql_address()[0]], **options)
    try:
        yield cluster
    finally:
        cluster.shutdown()


@contextmanager
def cql_keyspace(session: Any, *, name: str | None = None) -> Iterator[str]:
    """The name of a new keyspace with table and view, dropped at the end."""
    name = name or f"t_{uuid4().hex[:12]}"
    table, view = wanted_tables(user_view=True)
    replication = {"class": "NetworkTopologyStrategy", env().scylla_local_dc: "1"}
    for statement in (
        ddl.create_keyspace(name, replication),
        ddl.create_table(name, table),
        ddl.create_view(name, view),
    ):
        session.execute(statement, timeout=60)
    try:
        yield name
    finally:
        session.execute(f"DROP KEYSPACE {name}", timeout=60)


def dynamo_store(table: str, *, port: int | None = None, deadlines: Deadlines = PATIENT) -> DynamoStore:
    host, real_port = dynamodb_address()
    calls = Calls(
        endpoint_url=f"http://{host}:{port or real_port}",
        region=env().aws_region,
        deadlines=deadlines,
        store=StoreId.DYNAMODB,
    )
    return DynamoStore(calls=calls, table=table)


def scylla_store(
    keyspace: str, cluster: Cluster, *, deadlines: Deadlines = PATIENT, has_user_view: bool = True
) -> ScyllaRoomStore:
    connection = Connection(opener=cluster.connect, address="the test's address", store=StoreId.SCYLLA_ROOM)
    requests = Requests(connection, deadlines, StoreId.SCYLLA_ROOM)
    return ScyllaRoomStore(
        requests=requests, keyspace=keyspace, has_user_view=has_user_view, batch_bytes=env().scylla_batch_bytes
    )
