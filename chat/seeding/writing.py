"""Puts items into DynamoDB fast: BatchWriteItem from several threads, in constant memory."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from chat.exceptions import StoreUnavailable
from chat.schema.dynamodb_table import STORE, typed_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

BATCH: Final = 25
"""The most items that one BatchWriteItem takes."""
THREADS: Final = 8
_THROTTLED_SECONDS: Final = 60.0
_FIRST_PAUSE_SECONDS: Final = 0.05
_LONGEST_PAUSE_SECONDS: Final = 5.0


def is_empty(client: DynamoDBClient, table: str) -> bool:
    """Raises StoreUnavailable, and StoreRefused when there is no such table."""
    with typed_errors():
        return not client.scan(TableName=table, Limit=1, ConsistentRead=True)["Items"]


def write_items(
    client: DynamoDBClient,
    *,
    table: str,
    items: Iterable[dict[str, Any]],
    wrote: Callable[[int], None],
    threads: int = THREADS,
) -> int:
    """Put all items, replacing those of the same key, and return how many. Keys must differ within `items`.

    `wrote` is called from this thread with the size of each batch that is confirmed. Raises StoreUnavailable
    and StoreRefused; some items are written then, and a second run writes the same again.
    """
    written = 0
    with ThreadPoolExecutor(threads, thread_name_prefix="seed") as pool:
        running: set[Future[int]] = set()
        try:
            for batch in batches(items):
                running.add(pool.submit(_put, client, table, batch))
                if len(running) >= 2 * threads:
                    written += _collect(running, wrote)
            while running:
                written += _collect(running, wrote)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return written


def batches(items: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    source = iter(items)
    while batch := list(islice(source, BATCH)):
        yield batch


def _collect(running: set[Future[int]], wrote: Callable[[int], None]) -> int:
    """Wait for at least one batch, take the finished ones out, and return how many items they were."""
    finished = wait(running, return_when=FIRST_COMPLETED).done
    running -= finished
    total = 0
    for future in finished:
        total += future.result()
        wrote(future.result())
    return total


def _put(client: DynamoDBClient, table: str, batch: list[dict[str, Any]]) -> int:
    """Until DynamoDB took them all: it may take some of a batch only, and leaves the repeating to us."""
    requests: Any = {table: [{"PutRequest": {"Item": item}} for item in batch]}
    deadline = time.monotonic() + _THROTTLED_SECONDS
    pause = _FIRST_PAUSE_SECONDS
    while True:
        with typed_errors():
            requests = client.batch_write_item(RequestItems=requests).get("UnprocessedItems")
        if not requests:
            return len(batch)
        if time.monotonic() > deadline:
            raise StoreUnavailable(STORE, f"table {table} throttles; raise its capacity, then run this again")
        # Jitter, or all threads come back at once.
        time.sleep(pause * random.uniform(0.5, 1.0))
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
