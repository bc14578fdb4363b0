"""Sows a seed: the ordinary comments and the awkward items, written to a table and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat.codec.items import to_item
from chat.seeding.awkward import Awkward
from chat.seeding.comments import Seed, generate
from chat.seeding.population import ROOM
from chat.seeding.writing import write_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Sown:
    """`written` counts all items, `rooms` the rooms of ordinary comments, `in_chat` those in room `chat`."""

    written: int
    rooms: int
    in_chat: int
    awkward: dict[str, int]


def sow(
    client: DynamoDBClient,
    *,
    table: str,
    seed: Seed,
    awkward: Sequence[Awkward] = (),
    wrote: Callable[[int], None],
) -> Sown:
    """The same seed writes the same items, so doing it twice leaves the table as it was.

    Raises StoreUnavailable and StoreRefused.
    """
    rooms: Counter[str] = Counter()

    def items() -> Iterator[dict[str, Any]]:
        for comment in generate(seed):
            rooms[comment.room] += 1
            yield to_item(comment)
        yield from (dict(odd.item) for odd in awkward)

    written = write_items(client, table=table, items=items(), wrote=wrote)
    kinds = Counter(odd.code.value for odd in awkward)
    return Sown(written=written, rooms=len(rooms), in_chat=rooms[ROOM], awkward=dict(kinds))
