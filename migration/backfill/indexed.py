"""Reads the source room by room through its index (the seed's first option), and what the index does not show."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic, sleep
from typing import Any

from chat.codec.items import is_storable
from chat.conf import Role, env
from chat.data import StoreId
from chat.stores.dynamodb.calls import Calls
from chat.stores.dynamodb.store import ROOM_INDEX
from chat.stores.registry import open_store
from migration.backfill.scanning import Item, ScanPage, SegmentScan, page_items, page_of

INDEX_LAG_SECONDS = 10.0
"""The index follows the table with a delay that no read can see past. Under this by far, but nothing promises it."""


class RoomQuery:
    """One room, oldest first. A key carries room, name and time, so it means the same in any process."""

    def __init__(self, calls: Calls, *, room: str) -> None:
        self._calls = calls
        self._room = room
        self.most: int | None = None

    def page(self, after: Item | None) -> ScanPage:
        """Raises `StoreError`s."""
        start: Any = {"ExclusiveStartKey": after} if after else {}
        answer = self._calls.read(
            lambda client: client.query(
                TableName=env().dynamodb_table,
                IndexName=ROOM_INDEX,
                KeyConditionExpression="chat_room = :room",
                ExpressionAttributeValues={":room": {"S": self._room}},
                Limit=page_items(self.most),
                ReturnConsumedCapacity="TOTAL",
                **start,
            )
        )
        return page_of(answer)


class Leftovers:
    """Items that no walk over rooms meets: without a room, or with one that cannot be asked for. None can be mapped,
    but all must be kept. A filter of DynamoDB's would not read less, and cannot tell what CQL cannot store."""

    def __init__(self, calls: Calls) -> None:
        self._scan = SegmentScan(calls, segment=0, total=1)

    @property
    def most(self) -> int | None:
        return self._scan.most

    @most.setter
    def most(self, items: int | None) -> None:
        self._scan.most = items

    def page(self, after: Item | None) -> ScanPage:
        page = self._scan.page(after)
        return replace(page, items=[item for item in page.items if not _in_a_room(item)], seen=page.size)


def _in_a_room(item: Item) -> bool:
    room = item.get("chat_room", {}).get("S")
    return bool(room) and is_storable(room)


def rooms_to_copy(source: StoreId) -> list[str]:
    """Sorted. Returns only when the index shows all that was in the table when this was called."""
    begun = monotonic()
    rooms = sorted(room for room in open_store(source, Role.WORKER).rooms() if room and is_storable(room))
    sleep(max(0.0, INDEX_LAG_SECONDS - (monotonic() - begun)))
    return rooms
