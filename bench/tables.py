"""Filling, emptying and counting the two tables of a bench, past our own stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chat.codec.items import to_item
from chat.conf import env
from chat.data import Comment
from chat.management.engines import dynamodb_client
from chat.seeding.writing import write_items

DDL_SECONDS = 60.0


def fill_dynamodb(comments: Sequence[Comment]) -> None:
    items = map(to_item, comments)
    write_items(dynamodb_client(), table=env().dynamodb_table, items=items, wrote=lambda count: None)


def empty_cql(session: Any) -> None:
    session.execute("TRUNCATE chat_by_room", timeout=DDL_SECONDS)


def count_cql(session: Any) -> int:
    (row,) = session.execute("SELECT count(*) AS rows FROM chat_by_room", timeout=DDL_SECONDS)
    count: int = row["rows"]
    return count
