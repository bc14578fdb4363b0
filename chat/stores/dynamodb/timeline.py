"""Walks over the items of one hash key, newest first and ties ascending: the read path of the index and the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from chat.codec.timetext import US_PER_SECOND
from chat.data import Comment, Position
from chat.stores.dynamodb.calls import Calls
from chat.stores.dynamodb.items import ItemReader
from chat.stores.paging import Tie, instant_of


@dataclass(frozen=True, slots=True)
class Timeline:
    """`source` names the table, the index if there is one, and how consistent a read is; `key` is its hash key."""

    source: Mapping[str, Any]
    key: str
    tie: Tie
    calls: Calls
    reader: ItemReader
    store: str

    def walk(
        self, value: str, *, after: Position | None = None, above: str = "", rows: int | None = None
    ) -> Iterator[Comment]:
        """Comments below `after` whose time text is greater than `above`. `rows`: how many are likely wanted.

        Ties come in hash order, and reversed with the direction (protocol C5): each instant is read whole, then
        sorted. In text order the spellings of one instant are neighbours, so an instant is one run.
        """
        edge = None if after is None else instant_of(after, store=self.store)
        items = self._items(value, above, None if edge is None else _last_spelling(edge), rows)
        comments = (comment for comment in self.reader.comments(items) if comment.time > above)
        for instant, run in groupby(comments, key=attrgetter("time_us")):
            ordered = sorted(run, key=self._place)
            if after is not None and instant == edge:
                ordered = [comment for comment in ordered if self._place(comment) > (after.name, after.time)]
            yield from ordered

    def _place(self, comment: Comment) -> tuple[str, str]:
        """Within an instant. The text decides between two spellings of one name, a collision that CQL cannot hold."""
        return self.tie(comment), comment.time

    def _items(self, value: str, above: str, up_to: str | None, rows: int | None) -> Iterator[dict[str, Any]]:
        if up_to is not None and up_to < above:
            # DynamoDB refuses a range whose ends are the wrong way round.
            return
        request = {**self.source, "ScanIndexForward": False, **_condition(self.key, value, above, up_to)}
        while True:
            if rows is not None:
                # Two more than wanted: the last wanted comment's instant ends only where another begins.
                request["Limit"] = rows + 2
                # A long tie or many unmappable items: ask for more each time, not for a handful a hundred times.
                rows *= 2
            answer = self.calls.read(partial(_query, request))
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _query(request: Mapping[str, Any], client: Any) -> Any:
    return client.query(**request)


def _condition(key: str, value: str, above: str, up_to: str | None) -> dict[str, Any]:
    """The key condition. Both ends at once can only be BETWEEN, which includes `above`: the caller drops that again.

    An empty `above` is no bound: DynamoDB refuses empty key values, and every text is greater than the empty one.
    """
    ends = {":above": above} if above else {}
    if up_to is not None:
        ends[":up_to"] = up_to
    text = {
        (): "#k = :k",
        (":above",): "#k = :k AND #t > :above",
        (":up_to",): "#k = :k AND #t <= :up_to",
        (":above", ":up_to"): "#k = :k AND #t BETWEEN :above AND :up_to",
    }[tuple(ends)]
    return {
        "KeyConditionExpression": text,
        "ExpressionAttributeNames": {"#k": key, "#t": "time"} if ends else {"#k": key},
        "ExpressionAttributeValues": {":k": {"S": value}} | {name: {"S": end} for name, end in ends.items()},
    }


def _last_spelling(time_us: int) -> str:
    """The greatest text that spells an instant: with all six decimals."""
    seconds, fraction = divmod(time_us, US_PER_SECOND)
    return f"{seconds}.{fraction:06d}"
