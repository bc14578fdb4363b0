"""Connections for commands that work on the engines themselves, below the stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from chat.conf import Role, deadlines, env
from chat.schema.queries import STORE
from chat.stores.scylla.connection import Connection
from chat.stores.scylla.session import open_session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


def dynamodb_client() -> DynamoDBClient:
    """For calls that may be repeated, as boto3 does here by itself; connects at the first one."""
    wait = deadlines(Role.WORKER)
    config = Config(
        connect_timeout=wait.connect,
        read_timeout=wait.request,
        retries={"mode": "standard", "total_max_attempts": 4},
    )
    client: DynamoDBClient = boto3.session.Session().client(
        "dynamodb",
        endpoint_url=env().dynamodb_endpoint_url,
        region_name=env().aws_region,
        config=config,
    )
    return client


def cql_session() -> Any:
    """A connected session, bound to no keyspace. Raises StoreUnavailable."""
    settings = env()
    address = f"{','.join(settings.scylla_contact_points)} port {settings.scylla_port}"
    connection = Connection(opener=open_session, address=address, store=STORE)
    # As long as a request may take: connecting sends several, and tries each node.
    return connection.session(seconds=deadlines(Role.WORKER).request)
