"""The sample's table on the real engine: made, completed, and never replaced."""

from __future__ import annotations

from typing import Any

import pytest

from chat.schema import dynamodb
from chat.schema.drift import Difference, DriftKind
from chat.schema.dynamodb_table import add_index
from chat.stores.dynamodb.store import ROOM_INDEX

KEY = [("name", "HASH"), ("time", "RANGE")]
INDEX_KEY = [("chat_room", "HASH"), ("time", "RANGE")]
ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST"}
PROVISIONED = {"ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}}


def make_table(
    client: Any,
    table: str,
    *,
    key: list[tuple[str, str]] = KEY,
    types: dict[str, str] | None = None,
    index: dict[str, Any] | None = None,
    billing: dict[str, Any] = ON_DEMAND,
) -> None:
    types = types or {"name": "S", "time": "S"}
    definitions = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    indexes = {"GlobalSecondaryIndexes": [index]} if index else {}
    client.create_table(TableName=table, KeySchema=schema(key), AttributeDefinitions=definitions, **indexes, **billing)


def schema(key: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": role} for name, role in key]


def index(key: list[tuple[str, str]] = INDEX_KEY, projection: str = "ALL") -> dict[str, Any]:
    return {"IndexName": ROOM_INDEX, "KeySchema": schema(key), "Projection": {"ProjectionType": projection}}


def mend(client: Any, table: str) -> list[DriftKind]:
    survey = dynamodb.survey(client, table=table)
    done: list[Difference] = []
    dynamodb.mend(client, table=table, differences=survey.differences, seconds=30, done=done.append)
    return [difference.kind for difference in done]


def kinds(client: Any, table: str) -> list[DriftKind]:
    return [difference.kind for difference in dynamodb.survey(client, table=table).differences]


def test_a_missing_table_is_made_with_its_index_once(client: Any, table: str) -> None:
    assert mend(client, table) == [DriftKind.MISSING_TABLE]
    made = client.describe_table(TableName=table)["Table"]
    assert made["KeySchema"] == schema(KEY)
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    (made_index,) = made["GlobalSecondaryIndexes"]
    assert (made_index["IndexName"], made_index["KeySchema"]) == ("chat_room_time_idx", schema(INDEX_KEY))
    assert made_index["Projection"] == {"ProjectionType": "ALL"}
    assert made_index["IndexStatus"] == "ACTIVE"

    assert dynamodb.survey(client, table=table).in_sync
    assert mend(client, table) == []
    assert client.describe_table(TableName=table)["Table"]["CreationDateTime"] == made["CreationDateTime"]


@pytest.mark.parametrize("billing", [ON_DEMAND, PROVISIONED], ids=["on demand", "provisioned"])
def test_a_missing_index_is_added_over_the_items_that_are_there(
    client: Any, table: str, billing: dict[str, Any]
) -> None:
    make_table(client, table, billing=billing)
    item = {"name": "ada", "time": "1.5", "chat_room": "chat", "comment": "hi"}
    client.put_item(TableName=table, Item={name: {"S": value} for name, value in item.items()})

    assert mend(client, table) == [DriftKind.MISSING_INDEX]
    assert kinds(client, table) == []
    found = client.query(
        TableName=table,
        IndexName=ROOM_INDEX,
        KeyConditionExpression="chat_room = :room",
        ExpressionAttributeValues={":room": {"S": "chat"}},
    )["Items"]
    assert found == [{name: {"S": value} for name, value in item.items()}]


def test_the_index_of_a_provisioned_table_gets_the_table_s_capacity(client: Any, table: str) -> None:
    make_table(client, table, billing=PROVISIONED)
    mend(client, table)
    (made,) = client.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"]
    capacity = made["ProvisionedThroughput"]
    assert (capacity["ReadCapacityUnits"], capacity["WriteCapacityUnits"]) == (3, 4)


@pytest.mark.parametrize(
    ("shape", "expected", "sentence"),
    [
        (
            {"key": [("name", "HASH")], "types": {"name": "S"}},
            [DriftKind.WRONG_KEY, DriftKind.MISSING_INDEX],
            "the key of {table} is (name), not (name, time)",
        ),
        (
            {"types": {"name": "S", "time": "N"}},
            [DriftKind.WRONG_TYPE, DriftKind.MISSING_INDEX],
            "the key attribute time of {table} is of type N, not S",
        ),
        (
            {"types": {"name": "S", "time": "S", "chat_room": "S"}, "index": index(projection="KEYS_ONLY")},
            [DriftKind.WRONG_PROJECTION],
            f"the index {ROOM_INDEX} projects KEYS_ONLY, not ALL",
        ),
        (
            {
                "types": {"name": "S", "time": "S", "chat_room": "S"},
                "index": index([("chat_room", "HASH"), ("name", "RANGE")]),
            },
            [DriftKind.WRONG_KEY],
            f"the key of the index {ROOM_INDEX} is (chat_room, name), not (chat_room, time)",
        ),
    ],
    ids=["table key", "type", "projection", "index key"],
)
def test_a_wrong_shape_is_reported_and_never_rebuilt(
    client: Any, table: str, shape: dict[str, Any], expected: list[DriftKind], sentence: str
) -> None:
    make_table(client, table, **shape)
    before = client.describe_table(TableName=table)["Table"]
    survey = dynamodb.survey(client, table=table)
    assert [difference.kind for difference in survey.differences] == expected
    assert survey.differences[0].sentence == sentence.format(table=table)
    assert not survey.differences[0].mendable
    assert survey.differences[0].todo
    mend(client, table)
    after = client.describe_table(TableName=table)["Table"]
    assert after["KeySchema"] == before["KeySchema"]
    assert after["CreationDateTime"] == before["CreationDateTime"]


def test_an_index_is_not_added_over_a_key_of_another_type(client: Any, table: str) -> None:
    make_table(client, table, types={"name": "S", "time": "N"})
    assert mend(client, table) == []


def test_other_indexes_are_nobody_s_business(client: Any, table: str) -> None:
    mend(client, table)
    client.update_table(
        TableName=table,
        AttributeDefinitions=[
            {"AttributeName": "comment", "AttributeType": "S"},
            {"AttributeName": "time", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "theirs",
                    "KeySchema": schema([("comment", "HASH")]),
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            }
        ],
    )
    mend(client, table)
    assert kinds(client, table) == []


def test_an_index_that_is_being_built_is_a_difference_until_it_serves(client: Any, table: str) -> None:
    make_table(client, table)
    add_index(table, provisioned=None).send(client)
    (difference,) = dynamodb.survey(client, table=table).differences
    assert (difference.kind, difference.mendable) == (DriftKind.NOT_READY, False)
    assert difference.sentence == f"the index {ROOM_INDEX} is CREATING, not ACTIVE"
    assert mend(client, table) == []
    assert kinds(client, table) == []
