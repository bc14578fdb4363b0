"""Items that the codec cannot map are left out of reads, and counted."""

from __future__ import annotations

from typing import Any

from chat.data import Comment
from chat.stores.dynamodb.items import ItemReader
from chat.stores.dynamodb.store import DynamoStore
from chat.stores.skipped import Skipped
from tests import engines


def item(name: str, time: str, **more: Any) -> dict[str, Any]:
    plain = {"name": {"S": name}, "time": {"S": time}, "comment": {"S": "hello"}, "chat_room": {"S": "room"}}
    return plain | more


def test_mappable_items_become_comments_and_others_are_counted() -> None:
    skipped = Skipped("dynamodb")
    reader = ItemReader(skipped)
    found = list(reader.comments([item("a", "1.5"), item("b", "test_time"), item("c", "2.5", comment={"N": "1"})]))
    assert found == [Comment("room", "a", 1_500_000, "hello")]
    assert skipped.count == 2


def test_a_page_is_full_although_unmappable_items_lie_in_between(
    dynamodb: DynamoStore, dynamodb_table: str, room: str, name: str
) -> None:
    client = engines.dynamodb_client()
    for i in range(40):
        time = f"1700000000.{i:02d}x" if i % 4 else f"1700000000.{i:02d}1"
        one = item(name, time, chat_room={"S": room})
        client.put_item(TableName=dynamodb_table, Item=one)
    assert [comment.time for comment in dynamodb.latest(room, 5)] == [f"1700000000.{i}1" for i in (36, 32, 28, 24, 20)]
    assert dynamodb.skipped.count >= 12
