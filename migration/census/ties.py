"""Instants that items of one room spell in several ways: their text order is not their time order (protocol C4).

Two texts of one instant take at least one that is not canonical, so only for those the index is asked who else is
there. Nothing is remembered but the ties that were found, and those are rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from chat.clock import wall_us
from chat.codec.faults import MappingFault
from chat.codec.items import from_item
from chat.codec.timetext import US_PER_SECOND, is_order_divergent
from chat.conf import env
from chat.data import Comment
from chat.stores.dynamodb.calls import Calls
from chat.stores.dynamodb.store import ROOM_INDEX
from migration.census.roomdays import room_key
from migration.models import CensusTie

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

MOST_ASKED: Final = 10_000
"""Of one segment. A table that spells every time its own way costs a query an item: the rest is told as unasked."""


@dataclass(frozen=True, slots=True)
class Tie:
    """`items`: those whose own spelling does not already tell that they are out of order."""

    room: str
    time_us: int
    items: int


def find_tie(calls: Calls, comment: Comment) -> Tie | None:
    """None when all there spell the instant alike. Reads the index, which follows the table. Raises `StoreError`s."""
    texts: dict[str, str] = {}
    for other in _at_instant(calls, comment):
        # Of two spellings of one name in one room only the shorter is mapped: the other is a key collision.
        texts[other.name] = min(other.time, texts.get(other.name, other.time), key=len)
    if len(set(texts.values())) < 2:
        return None
    return Tie(comment.room, comment.time_us, sum(not is_order_divergent(text) for text in texts.values()))


def keep_ties(run_id: int, ties: Iterable[Tie]) -> None:
    """One row an instant, whichever of its items led to it, in whichever segment."""
    CensusTie.objects.bulk_create(
        [
            CensusTie(run_id=run_id, key=room_key(tie.room), room=tie.room, time_us=tie.time_us, items=tie.items)
            for tie in ties
        ],
        ignore_conflicts=True,
    )


def _at_instant(calls: Calls, comment: Comment) -> Iterator[Comment]:
    """Every mappable item of the room at the instant: in text order its spellings have no other instant between."""
    seconds, fraction = divmod(comment.time_us, US_PER_SECOND)
    longest = f"{seconds}.{fraction:06d}"
    shortest = longest.rstrip("0").removesuffix(".")
    now = wall_us()
    for item in _items(calls, comment.room, shortest, longest):
        try:
            other = from_item(item, now_us=now)
        except MappingFault:
            continue
        if other.time_us == comment.time_us:
            yield other


def _items(calls: Calls, room: str, first: str, last: str) -> Iterator[dict[str, Any]]:
    start: dict[str, Any] = {}
    while True:
        request: dict[str, Any] = {
            "TableName": env().dynamodb_table,
            "IndexName": ROOM_INDEX,
            "KeyConditionExpression": "chat_room = :room AND #t BETWEEN :first AND :last",
            "ExpressionAttributeNames": {"#t": "time"},
            "ExpressionAttributeValues": {":room": {"S": room}, ":first": {"S": first}, ":last": {"S": last}},
            **start,
        }
        answer = calls.read(partial(_query, request))
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _query(request: dict[str, Any], client: DynamoDBClient) -> Any:
    return client.query(**request)
