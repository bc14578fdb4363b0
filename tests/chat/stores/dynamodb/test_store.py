"""What is particular to the DynamoDB store: foreign items under our keys, and a missing index."""

from __future__ import annotations

from typing import Any

import pytest

from chat.data import Comment
from chat.exceptions import MirrorConflict, StoreRefused
from chat.stores.base import PutResult
from chat.stores.dynamodb.store import DynamoStore
from tests import engines

T = 1_700_000_000_000_000


@pytest.fixture
def comment(room: str, name: str) -> Comment:
    return Comment(room, name, T, "hello")


def foreign(table: str, key: Comment, **attributes: Any) -> None:
    """An item of somebody else's under a comment's key."""
    item = {"name": {"S": key.name}, "time": {"S": key.time}, **attributes}
    engines.dynamodb_client().put_item(TableName=table, Item=item)


def test_an_unmappable_item_under_the_key_is_a_different_row(
    dynamodb: DynamoStore, dynamodb_table: str, comment: Comment
) -> None:
    foreign(dynamodb_table, comment, comment={"N": "5"}, chat_room={"S": comment.room})
    assert dynamodb.put(comment) == PutResult(applied=False, existing=None)
    assert dynamodb.get(comment.room, comment.name, comment.time) is None


def test_an_item_with_more_attributes_is_never_overwritten(
    dynamodb: DynamoStore, dynamodb_table: str, comment: Comment
) -> None:
    """Protocol W7: equal to ours means equal in everything."""
    foreign(dynamodb_table, comment, comment={"S": "hello"}, chat_room={"S": comment.room}, expires={"N": "9"})
    with pytest.raises(MirrorConflict):
        dynamodb.upsert(comment)


def test_one_conflict_among_many_is_raised(dynamodb: DynamoStore, comment: Comment) -> None:
    dynamodb.put(Comment(comment.room, comment.name, T, "theirs"))
    others = [Comment(comment.room, comment.name, T + i, "ours") for i in range(1, 40)]
    with pytest.raises(MirrorConflict):
        dynamodb.upsert_many([*others[:20], comment, *others[20:]])


def test_a_comment_of_a_far_time_is_its_own_duplicate(dynamodb: DynamoStore, room: str, name: str) -> None:
    """The codec would not map an item of the future; ours is compared as it is."""
    ahead = Comment(room, name, 9_999_999_999_000_000, "hello")
    assert dynamodb.put(ahead) == PutResult(applied=True)
    assert dynamodb.put(ahead) == PutResult(applied=False, existing=ahead)
    dynamodb.upsert(ahead)


def test_rooms_leaves_out_items_that_are_in_no_room(
    dynamodb: DynamoStore, dynamodb_table: str, comment: Comment
) -> None:
    foreign(dynamodb_table, comment, comment={"S": "no room"})
    dynamodb.put(Comment(f"{comment.room}-2", comment.name, T + 1, "hello"))
    assert {room for room in dynamodb.rooms() if room.startswith(comment.room)} == {f"{comment.room}-2"}


def test_ping_finds_a_missing_table_and_a_missing_index(room: str) -> None:
    store = engines.dynamo_store(room)
    with pytest.raises(StoreRefused, match="sync_schema"):
        store.ping()
    client = engines.dynamodb_client()
    client.create_table(
        TableName=room,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("name", "time")],
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}, {"AttributeName": "time", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    try:
        with pytest.raises(StoreRefused, match="sync_schema"):
            store.ping()
    finally:
        client.delete_table(TableName=room)
