"""A tie is read whole whatever its size, in few requests (protocol C5)."""

from __future__ import annotations

from typing import Any

import pytest

from chat.data import Comment
from chat.stores.dynamodb.store import DynamoStore
from tests import engines

T = 1_700_000_000_000_000


@pytest.fixture
def tie(dynamodb: DynamoStore, room: str) -> list[Comment]:
    comments = [Comment(room, f"{i:03d}-{room}", T, "tied") for i in range(150)]
    dynamodb.upsert_many(comments[::-1])
    return comments


def test_the_index_gives_a_tie_in_no_order_of_names(dynamodb_table: str, tie: list[Comment]) -> None:
    """The reason for reading ties whole, with the mechanism off."""
    answer = engines.dynamodb_client().query(
        TableName=dynamodb_table,
        IndexName="chat_room_time_idx",
        KeyConditionExpression="chat_room = :room",
        ExpressionAttributeValues={":room": {"S": tie[0].room}},
    )
    names = [item["name"]["S"] for item in answer["Items"]]
    assert sorted(names) == [comment.name for comment in tie]
    assert names not in (sorted(names), sorted(names, reverse=True))


def test_a_tie_larger_than_the_page_is_cut_by_name(dynamodb: DynamoStore, tie: list[Comment]) -> None:
    assert list(dynamodb.latest(tie[0].room, 3)) == tie[:3]
    first = dynamodb.page(tie[0].room, None, 3)
    assert list(dynamodb.page(tie[0].room, first.next, 3).items) == tie[3:6]


def test_a_long_tie_takes_few_requests(
    dynamodb: DynamoStore, tie: list[Comment], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request asks for twice as many; the count is taken where calls leave for the network."""
    asked = 0
    send = dynamodb._calls.read

    def counted(call: Any) -> Any:
        nonlocal asked
        asked += 1
        return send(call)

    monkeypatch.setattr(dynamodb._calls, "read", counted)
    dynamodb.latest(tie[0].room, 1)
    assert asked <= 8
