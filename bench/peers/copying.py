"""Copies a table by the bare loop: scan, group by room, one-partition batches; no cursor, accounts or quarantine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

from cassandra import ConsistencyLevel
from cassandra.concurrent import execute_concurrent
from cassandra.query import UNSET_VALUE, BatchStatement, BatchType

from chat.conf import env
from chatproject.cassandra import HOT

PAGE_ITEMS = 4000
BATCH_ROWS = 50
"""Measured on two cores: 25 and 200 are slower. So are several segments in threads: one thread decodes all answers."""
IN_FLIGHT = 16

Item = dict[str, Any]
Row = tuple[Any, ...]


def copy(client: Any, session: Any, statement: Any) -> int:
    """How many items were copied. The next page is read while this one is written."""
    copied = 0
    for items in pages(client):
        write(session, statement, items)
        copied += len(items)
    return copied


def pages(client: Any) -> Iterator[list[Item]]:
    with ThreadPoolExecutor(max_workers=1) as reader:
        ahead: Future[Any] | None = reader.submit(scan, client, {})
        while ahead is not None:
            answer = ahead.result()
            key = answer.get("LastEvaluatedKey")
            ahead = reader.submit(scan, client, {"ExclusiveStartKey": key}) if key else None
            yield answer["Items"]


def scan(client: Any, start: dict[str, Any]) -> Any:
    return client.scan(TableName=env().dynamodb_table, Limit=PAGE_ITEMS, ConsistentRead=True, **start)


def write(session: Any, statement: Any, items: list[Item]) -> None:
    rooms: dict[str, list[Row]] = defaultdict(list)
    for item in items:
        row = row_of(item)
        rooms[row[0]].append(row)
    sends = [(batch_of(statement, rows), None) for room in rooms.values() for rows in cut(room)]
    execute_concurrent(session, sends, concurrency=IN_FLIGHT, execution_profile=profile(session))


def row_of(item: Item) -> Row:
    """Without a look at what may be wrong with it: the table of a bench holds canonical times only."""
    seconds, _, fraction = item["time"]["S"].partition(".")
    time_us = int(seconds) * 1_000_000 + int(fraction.ljust(6, "0"))
    return item["chat_room"]["S"], time_us, item["name"]["S"], item["comment"]["S"], UNSET_VALUE, time_us


def cut(rows: list[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH_ROWS)):
        yield batch


def batch_of(statement: Any, rows: list[Row]) -> Any:
    batch = BatchStatement(batch_type=BatchType.UNLOGGED)
    for row in rows:
        batch.add(statement, row)
    return batch


def profile(session: Any) -> Any:
    level = ConsistencyLevel.name_to_value[env().scylla_write_consistency]
    return session.execution_profile_clone_update(HOT, consistency_level=level)
