"""Walks over the whole table, in segments side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from chat.stores.dynamodb.calls import Calls

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

SEGMENTS: Final = 4


def rooms_of(calls: Calls, table: str) -> set[str]:
    """Every room that an item names. The set is all that is kept in memory: a scan meets rooms in no order."""
    with ThreadPoolExecutor(max_workers=SEGMENTS) as pool:
        return set().union(*pool.map(partial(_segment, calls, table), range(SEGMENTS)))


def _segment(calls: Calls, table: str, segment: int) -> set[str]:
    request: dict[str, Any] = {
        "TableName": table,
        "ProjectionExpression": "chat_room",
        "Segment": segment,
        "TotalSegments": SEGMENTS,
        "ConsistentRead": True,
    }
    rooms: set[str] = set()
    while True:
        answer = calls.read(partial(_scan, request))
        # An item without a room, or with one that is no text, is not in the index and so in no room.
        rooms.update(item["chat_room"]["S"] for item in answer["Items"] if "S" in item.get("chat_room", {}))
        if "LastEvaluatedKey" not in answer:
            return rooms
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _scan(request: dict[str, Any], client: DynamoDBClient) -> Any:
    return client.scan(**request)
