"""The two client libraries as they come, at their fastest settings that change no meaning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from cassandra.cluster import Cluster

from chat.conf import env
from chatproject import cassandra

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


def dynamodb(*, connections: int) -> DynamoDBClient:
    """For as many threads. It does not check its arguments, which would cost it a part of each call."""
    config = Config(
        parameter_validation=False,
        tcp_keepalive=True,
        max_pool_connections=connections,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    client: DynamoDBClient = boto3.client(
        "dynamodb",
        endpoint_url=env().dynamodb_endpoint_url,
        region_name=env().aws_region,
        config=config,
    )
    return client


@contextmanager
def cql() -> Iterator[Any]:
    """A session of its own, with the options of the settings: both sides of a claim ask for the same consistency."""
    options = cassandra.connection(env())
    for of_cqlengine in ("lazy_connect", "retry_connect"):
        del options[of_cqlengine]
    cluster = Cluster(list(env().scylla_contact_points), **options)
    try:
        yield cluster.connect(env().keyspace)
    finally:
        cluster.shutdown()
