"""Parallel segments of a table scan, page by page."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from chat.conf import Role, deadlines, env
from chat.data import StoreId
from chat.stores.dynamodb.calls import Calls

PAGE_ITEMS = 1000
"""At most this many items a page, where DynamoDB would give up to 1 MB: on a small engine clients' reads wait behind a
long page, and the next page is read ahead anyway."""

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ScanPage:
    """`next` is the key to go on from; None when the segment is at its end. `units`: read capacity it used. `seen`:
    items that were read for it, if more than it holds."""

    items: list[Item]
    next: Item | None
    units: float = 0.0
    seen: int = 0

    @property
    def size(self) -> int:
        return max(self.seen, len(self.items))


def worker_calls() -> Calls:
    """This process's clients for scans, made once: loading boto3's service model takes longer than a small segment."""
    return _calls(os.getpid(), env().dynamodb_endpoint_url)


@cache
def _calls(process: int, endpoint_url: str | None) -> Calls:
    """`process` keeps a fork from sharing its parent's sockets."""
    return Calls(
        endpoint_url=endpoint_url,
        region=env().aws_region,
        deadlines=deadlines(Role.WORKER),
        store=StoreId.DYNAMODB,
    )


class SegmentScan:
    """Reads one of `total` segments. A key belongs to its segment and total: a resumed scan must keep both."""

    def __init__(self, calls: Calls, *, segment: int, total: int) -> None:
        self._calls = calls
        self._segment = segment
        self._total = total
        # Items a page, where a limit asks for less than PAGE_ITEMS.
        self.most: int | None = None

    def page(self, after: Item | None) -> ScanPage:
        """Strongly consistent: what was acknowledged before the run began is seen. Raises `StoreError`s."""
        start: Any = {"ExclusiveStartKey": after} if after else {}
        answer = self._calls.read(
            lambda client: client.scan(
                TableName=env().dynamodb_table,
                Segment=self._segment,
                TotalSegments=self._total,
                Limit=page_items(self.most),
                ConsistentRead=True,
                ReturnConsumedCapacity="TOTAL",
                **start,
            )
        )
        return page_of(answer)


def page_items(most: int | None) -> int:
    return PAGE_ITEMS if most is None else min(PAGE_ITEMS, most)


def page_of(answer: Any) -> ScanPage:
    """Alternator tells no capacity of a Scan or a Query: there a limit on it holds nothing."""
    units = answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
    return ScanPage(items=answer["Items"], next=answer.get("LastEvaluatedKey"), units=units)


def expected_items() -> int:
    """The table's own statistics (up to six hours old on AWS): for the progress only, never for the accounts."""
    table = worker_calls().read(lambda client: client.describe_table(TableName=env().dynamodb_table))
    return table["Table"].get("ItemCount", 0)
