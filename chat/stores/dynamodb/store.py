"""The store on the sample's DynamoDB table: key (name, time), and an index by room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from chat.codec.items import is_storable, to_item
from chat.data import Comment, Page, Position, StoreId
from chat.exceptions import MirrorConflict, StoreRefused
from chat.stores.base import PutResult
from chat.stores.dynamodb.calls import Calls
from chat.stores.dynamodb.items import ItemReader
from chat.stores.dynamodb.keys import read_keys
from chat.stores.dynamodb.scan import rooms_of
from chat.stores.dynamodb.timeline import Timeline
from chat.stores.paging import by_name, by_room, page_of
from chat.stores.skipped import Skipped

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

ROOM_INDEX: Final = "chat_room_time_idx"
WRITE_THREADS: Final = 16
"""Puts sent at once by `upsert_many`: a batch write cannot carry the condition that protects foreign items (W7)."""


class DynamoStore:
    """See chat.stores.base.Store for what each method promises. Reads leave out items that the codec cannot map."""

    id = StoreId.DYNAMODB

    def __init__(self, *, calls: Calls, table: str) -> None:
        self._calls = calls
        self._table = table
        self.skipped = Skipped(self.id)
        self._reader = ItemReader(self.skipped)
        index = {"TableName": table, "IndexName": ROOM_INDEX}
        # Only the table itself can be read strongly, not its index.
        base = {"TableName": table, "ConsistentRead": True}
        self._room = Timeline(index, "chat_room", by_name, calls, self._reader, self.id)
        self._user = Timeline(base, "name", by_room, calls, self._reader, self.id)

    def put(self, comment: Comment) -> PutResult:
        item = self._item(comment)
        taken = self._calls.once(partial(self._put_if_absent, item))
        if taken is None:
            return PutResult(applied=True)
        return PutResult(applied=False, existing=comment if taken == item else self._reader.comment(taken))

    def _item(self, comment: Comment) -> dict[str, Any]:
        """JSON can carry a lone surrogate, so DynamoDB Local keeps one; no other store could ever follow it."""
        if all(map(is_storable, (comment.room, comment.name, comment.text))):
            return to_item(comment)
        raise StoreRefused(self.id, "the comment holds a lone surrogate, which is not UTF-8; refuse it at input")

    def _put_if_absent(self, item: dict[str, Any], client: DynamoDBClient) -> dict[str, Any] | None:
        """None when it was written, else the item that sits under the key."""
        try:
            client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(#n) AND attribute_not_exists(#t)",
                ExpressionAttributeNames={"#n": "name", "#t": "time"},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except client.exceptions.ConditionalCheckFailedException as error:
            # Not in the published type of an error answer, but asked for above.
            answer: Any = error.response
            taken: dict[str, Any] = answer["Item"]
            return taken
        return None

    def upsert(self, comment: Comment) -> None:
        """Repeats do no harm here: our own earlier put equals ours."""
        item = self._item(comment)
        taken = self._calls.write(partial(self._put_if_absent, item))
        if taken is not None and taken != item:
            raise MirrorConflict(self.id, f"another comment sits under ({comment.name!r}, {comment.time}): {taken}")

    def upsert_many(self, comments: list[Comment]) -> None:
        pool = ThreadPoolExecutor(max_workers=WRITE_THREADS)
        try:
            for _ in pool.map(self.upsert, comments):
                pass
        finally:
            # After a failure the rest is not sent: the caller repeats the whole list anyway.
            pool.shutdown(cancel_futures=True)

    def get(self, room: str, name: str, time: str) -> Comment | None:
        key = _key(name, time)
        answer = self._calls.read(lambda client: client.get_item(TableName=self._table, Key=key, ConsistentRead=True))
        comment = self._reader.comment(answer["Item"]) if "Item" in answer else None
        return comment if comment is not None and comment.room == room else None

    def get_many(self, comments: Sequence[Comment]) -> list[Comment | None]:
        keys = [_key(comment.name, comment.time) for comment in comments]
        items = {(item["name"]["S"], item["time"]["S"]): item for item in read_keys(self._calls, self._table, keys)}
        return [self._in_room_of(comment, items.get((comment.name, comment.time))) for comment in comments]

    def _in_room_of(self, wanted: Comment, item: dict[str, Any] | None) -> Comment | None:
        found = self._reader.comment(item) if item else None
        return found if found is not None and found.room == wanted.room else None

    def latest(self, room: str, limit: int) -> tuple[Comment, ...]:
        return tuple(islice(self._room.walk(room, rows=limit), limit))

    def since(self, room: str, position: str, after: Position | None, limit: int) -> Page:
        return page_of(self._room.walk(room, after=after, above=position, rows=limit + 1), limit)

    def page(self, room: str, after: Position | None, limit: int) -> Page:
        return page_of(self._room.walk(room, after=after, rows=limit + 1), limit)

    def stream_room(self, room: str) -> Iterator[Comment]:
        return self._room.walk(room)

    def by_user(self, name: str, after: Position | None, limit: int) -> Page:
        return page_of(self._user.walk(name, after=after, rows=limit + 1), limit, tie=by_room)

    def rooms(self) -> Iterator[str]:
        return iter(rooms_of(self._calls, self._table))

    def delete(self, comment: Comment) -> None:
        """Only this room's item: the same name and instant in another room is another row in CQL, but one key here."""
        self._calls.write(partial(self._delete_of_room, comment))

    def _delete_of_room(self, comment: Comment, client: DynamoDBClient) -> None:
        try:
            client.delete_item(
                TableName=self._table,
                Key=_key(comment.name, comment.time),
                ConditionExpression="attribute_not_exists(chat_room) OR chat_room = :room",
                ExpressionAttributeValues={":room": {"S": comment.room}},
            )
        except client.exceptions.ConditionalCheckFailedException as error:
            key = f"({comment.name!r}, {comment.time})"
            raise MirrorConflict(self.id, f"the item under {key} is of another room; nothing deleted") from error

    def ping(self) -> None:
        """Asks the index, so that one that is missing or still being built is found."""
        next(self._room.walk("ping", rows=1), None)

    def close(self) -> None:
        self._calls.close()


def _key(name: str, time: str) -> dict[str, Any]:
    return {"name": {"S": name}, "time": {"S": time}}
