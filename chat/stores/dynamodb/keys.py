"""Reads many items by their keys."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from chat.exceptions import StoreUnavailable
from chat.stores.dynamodb.calls import Calls

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

KEYS_AT_ONCE: Final = 100
"""The service takes no more in one BatchGetItem."""
TRIES: Final = 6
PAUSE: Final = 0.1
"""Seconds before keys that were left out (throttled, or over 16 MB) are asked for again."""

Key = dict[str, Any]


def read_keys(calls: Calls, table: str, keys: Sequence[Key]) -> Iterator[dict[str, Any]]:
    """The items that are there, read strongly, in any order. Raises `StoreUnavailable` if some keep being left out."""
    unique = list({(key["name"]["S"], key["time"]["S"]): key for key in keys}.values())
    for start in range(0, len(unique), KEYS_AT_ONCE):
        yield from _read_batch(calls, table, unique[start : start + KEYS_AT_ONCE])


def _read_batch(calls: Calls, table: str, keys: list[Key]) -> Iterator[dict[str, Any]]:
    for attempt in range(TRIES):
        time.sleep(PAUSE * attempt)
        answer = calls.read(partial(_ask, table, keys))
        yield from answer["Responses"].get(table, [])
        keys = answer["UnprocessedKeys"].get(table, {}).get("Keys", [])
        if not keys:
            return
    raise StoreUnavailable("dynamodb", f"{len(keys)} keys were left out of {TRIES} answers in a row: throttled")


def _ask(table: str, keys: list[Key], client: DynamoDBClient) -> Any:
    return client.batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
