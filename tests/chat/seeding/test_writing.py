"""Writing many items: all of them, in bounded memory, also when DynamoDB takes only some of a batch."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from chat.exceptions import StoreRefused
from chat.seeding.writing import BATCH, batches, is_empty, write_items
from tests import engines


def item(number: int) -> dict[str, Any]:
    return {"name": {"S": f"user-{number}"}, "time": {"S": "1.5"}}


def count(client: Any, table: str) -> int:
    return sum(page["Count"] for page in client.get_paginator("scan").paginate(TableName=table))


def test_batches_are_full_but_the_last() -> None:
    assert [len(batch) for batch in batches(item(n) for n in range(2 * BATCH + 3))] == [BATCH, BATCH, 3]
    assert list(batches([])) == []


def test_all_items_are_written_and_each_batch_is_reported(client: Any, table: str) -> None:
    assert is_empty(client, table)
    reported: list[int] = []
    written = write_items(client, table=table, items=map(item, range(260)), wrote=reported.append)
    assert (written, sum(reported), len(reported)) == (260, 260, 11)
    assert count(client, table) == 260
    assert not is_empty(client, table)


def test_what_dynamodb_leaves_unprocessed_is_sent_again(table: str) -> None:
    """DynamoDB Local never throttles, so its answers are cut here, at the edge of the client."""
    client = engines.dynamodb_client()
    real = client.batch_write_item
    sent: list[int] = []

    def takes_seven(*, RequestItems: Any) -> Any:
        requests = RequestItems[table]
        sent.append(len(requests))
        real(RequestItems={table: requests[:7]})
        return {"UnprocessedItems": {table: requests[7:]} if requests[7:] else {}}

    client.batch_write_item = takes_seven
    written = write_items(client, table=table, items=map(item, range(BATCH)), wrote=lambda count: None)
    assert (written, sent) == (BATCH, [25, 18, 11, 4])
    assert count(client, table) == BATCH


def test_the_source_is_read_no_further_than_the_threads_can_write(client: Any, table: str) -> None:
    """Constant memory: a slow table slows the reading down."""
    gate = threading.Event()
    real = client.batch_write_item
    read = 0

    def source() -> Iterator[dict[str, Any]]:
        nonlocal read
        for number in range(40 * BATCH):
            read += 1
            yield item(number)

    def slow(**options: Any) -> Any:
        gate.wait(10)
        return real(**options)

    slow_client = engines.dynamodb_client()
    slow_client.batch_write_item = slow
    writer = threading.Thread(
        target=write_items,
        args=(slow_client,),
        kwargs={"table": table, "items": source(), "wrote": lambda count: None, "threads": 2},
    )
    writer.start()
    deadline = time.monotonic() + 10
    while read < 4 * BATCH and time.monotonic() < deadline:
        time.sleep(0.01)
    # Now it would read on, if it did not wait for the two threads and their two next batches.
    writer.join(0.3)
    assert read == 4 * BATCH
    gate.set()
    writer.join(30)
    assert not writer.is_alive()
    assert count(client, table) == 40 * BATCH


def test_a_missing_table_is_refused_and_says_what_to_do(client: Any) -> None:
    advice = r"run `manage\.py sync_schema`"
    with pytest.raises(StoreRefused, match=advice):
        is_empty(client, "no-such-table")
    with pytest.raises(StoreRefused, match=advice):
        write_items(client, table="no-such-table", items=[item(1)], wrote=lambda count: None)
