"""Calls to DynamoDB: repeated safely, waited for within a deadline, and their errors typed."""

from __future__ import annotations

import socket
import time
from typing import Any

import boto3
import pytest
from botocore.config import Config

from chat.exceptions import StoreRefused, StoreUnavailable
from chat.schema.dynamodb_table import (
    ApiCall,
    StillBuilding,
    create_table,
    describe,
    pending,
    wait_until_active,
)


def test_creating_a_table_twice_is_no_error(client: Any, table: str) -> None:
    create_table(table).send(client)
    create_table(table).send(client)
    wait_until_active(client, table, seconds=30)
    assert pending(describe(client, table)) == ()


def test_no_table_is_no_error(client: Any, table: str) -> None:
    assert describe(client, table) is None


def test_the_wait_ends_at_its_deadline(client: Any, table: str) -> None:
    started = time.monotonic()
    with pytest.raises(StillBuilding, match=f"table {table}: the table is not there yet after 1 s"):
        wait_until_active(client, table, seconds=1)
    assert 1 <= time.monotonic() - started < 3


def test_what_is_pending_is_said_in_words() -> None:
    description = {
        "TableStatus": "UPDATING",
        "GlobalSecondaryIndexes": [
            {"IndexName": "a", "IndexStatus": "CREATING"},
            {"IndexName": "b", "IndexStatus": "ACTIVE"},
        ],
    }
    assert pending(description) == ("the table is UPDATING", "the index a is CREATING")


def test_a_call_the_service_refuses_is_refused(client: Any, table: str) -> None:
    call = create_table(table)
    call.request["KeySchema"] = []
    with pytest.raises(StoreRefused):
        call.send(client)


def test_a_call_reads_as_the_api_documents_it() -> None:
    assert str(ApiCall("CreateTable", {"TableName": "chat"})) == 'CreateTable {"TableName": "chat"}'


def test_nobody_there_is_unavailable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    alone: Any = boto3.client(
        "dynamodb", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1", config=config
    )
    with pytest.raises(StoreUnavailable, match=str(port)):
        describe(alone, "chat")
