"""What CollisionFilter builds on, seen on the engine: spellings of one instant are neighbours in a scan."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from chat import conf
from chat.codec.faults import FaultCode, MappingFault
from chat.codec.items import CollisionFilter, from_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW_US = 1_800_000_000_000_000
SPELLINGS = ["1", "1.0", "1.00", "1.000", "1.0000", "1.00000", "1.000000"]
# Each sorts between two spellings of the same instant, or next to them.
UNMAPPABLE = ["1 ", "1!", "1-x", "1.", "1.!", "1./", "1.0 ", "1.0-", "1.00/", "1.000000\0", "1.0000000", "1/"]
NEIGHBOURS = ["0.999999", "1.000001", "1.1", "10", "2"]


@pytest.fixture
def dynamodb() -> DynamoDBClient:
    endpoint = conf.env().dynamodb_endpoint_url
    assert endpoint, 'set DYNAMODB_ENDPOINT_URL to DynamoDB Local: eval "$(python -m devstack env)"'
    client: DynamoDBClient = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=conf.env().aws_region,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    return client


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> Iterator[str]:
    name = f"scan-order-{uuid.uuid4().hex}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "name", "KeyType": "HASH"},
            {"AttributeName": "time", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "name", "AttributeType": "S"},
            {"AttributeName": "time", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    yield name
    dynamodb.delete_table(TableName=name)


def pages(dynamodb: DynamoDBClient, table: str, size: int) -> Iterator[list[dict[str, Any]]]:
    scan = dynamodb.get_paginator("scan")
    for page in scan.paginate(TableName=table, ConsistentRead=True, PaginationConfig={"PageSize": size}):
        yield page["Items"]


def judged(items: list[dict[str, Any]], collisions: CollisionFilter) -> list[tuple[str, str, FaultCode | None]]:
    """(name, time text, what is wrong) for each item."""
    return [(item["name"]["S"], item["time"]["S"], fault_of(item, collisions)) for item in items]


def fault_of(item: dict[str, Any], collisions: CollisionFilter) -> FaultCode | None:
    try:
        collisions.admit(from_item(item, now_us=NOW_US))
    except MappingFault as fault:
        return fault.code
    return None


def test_every_later_spelling_is_found_whatever_lies_between_and_wherever_a_page_ends(
    dynamodb: DynamoDBClient, table: str
) -> None:
    for name in ("ada", "bob"):
        for time in SPELLINGS + UNMAPPABLE + NEIGHBOURS:
            key = {"name": {"S": name}, "time": {"S": time}}
            dynamodb.put_item(TableName=table, Item=key | {"comment": {"S": ""}, "chat_room": {"S": "chat"}})
    verdicts: list[tuple[str, str, FaultCode | None]] = []
    remembered: tuple[tuple[str, str, str], ...] = ()
    for page in pages(dynamodb, table, size=3):
        # A new filter for each page, as a task has that takes up a saved cursor.
        collisions = CollisionFilter(remembered)
        verdicts += judged(page, collisions)
        remembered = collisions.remembered()
    for name in ("ada", "bob"):
        found = {time: fault for owner, time, fault in verdicts if owner == name}
        assert [time for time in found if found[time] is FaultCode.KEY_COLLISION] == SPELLINGS[1:]
        assert {time for time in found if found[time] is None} == {SPELLINGS[0], *NEIGHBOURS}
        assert list(found) == sorted(SPELLINGS + UNMAPPABLE + NEIGHBOURS)
