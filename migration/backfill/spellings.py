"""Key collisions in a walk that meets the spellings of an instant in no useful order.

The index gives one room's items by time text, and equal texts of many names in any order: between `1.5` of one name and
its `1.50` there may lie ten thousand names, more than a worker should remember. So nothing is remembered: the spelling
that comes first in a table scan is the shortest one, and whether there is a shorter one is asked of the table itself,
by key and strongly. Only texts that end in a zero have shorter spellings at all: of the canonical ones, one in a
million.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from chat.clock import wall_us
from chat.codec.faults import FaultCode, MappingFault
from chat.codec.items import from_item
from chat.codec.timetext import parse
from chat.conf import env
from chat.data import Comment
from chat.stores.dynamodb.calls import Calls
from chat.stores.dynamodb.keys import read_keys

Item = dict[str, Any]
ReadKeys = Callable[[list[Item]], Iterable[Item]]


class ShorterSpellings:
    """Of the items of one page; see `chat.codec.items.CollisionFilter` for the same rule in a table scan."""

    def __init__(self, items: Iterable[Item], read: ReadKeys) -> None:
        keys = [key for item in items for key in _shorter_keys(item)]
        found = read(keys) if keys else ()
        self._found = {(item["name"]["S"], item["time"]["S"]): item for item in found}

    def admit(self, comment: Comment) -> None:
        """Pass a comment, or raise MappingFault if a shorter spelling has its key in the same room."""
        for time in sorted(shorter(comment.time), key=len):
            if _mapped_into(comment.room, self._found.get((comment.name, time))):
                message = f"'{comment.time}' is the instant of '{time}', same name, same room"
                raise MappingFault(FaultCode.KEY_COLLISION, "time", message)


def table_keys(calls: Calls) -> ReadKeys:
    return partial(read_keys, calls, env().dynamodb_table)


def shorter(time: str) -> Iterator[str]:
    """The mappable texts of the same instant that are shorter, longest first. `time` is mappable."""
    while "." in time and time.endswith("0"):
        time = time[:-1].removesuffix(".")
        yield time


def _shorter_keys(item: Item) -> list[Item]:
    name, time = item["name"], item["time"]["S"]
    try:
        parse(time)
    except MappingFault:
        return []
    return [{"name": name, "time": {"S": text}} for text in shorter(time)]


def _mapped_into(room: str, item: Item | None) -> bool:
    """An item that cannot be mapped is in quarantine itself, and takes no key."""
    if item is None:
        return False
    try:
        return from_item(item, now_us=wall_us()).room == room
    except MappingFault:
        return False
