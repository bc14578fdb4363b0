"""The single writes a post is made of, without a store, a router or a ledger around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from cassandra import ConsistencyLevel

from chat.codec.items import to_item
from chat.codec.rows import COLUMNS, to_values
from chat.conf import env
from chat.data import Comment
from chatproject.cassandra import HOT

Write = Callable[[], object]
"""One write that is ready to be sent: only the sending is measured."""

CONDITION: Final = {
    "ConditionExpression": "attribute_not_exists(#n) AND attribute_not_exists(#t)",
    "ExpressionAttributeNames": {"#n": "name", "#t": "time"},
    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
}


def conditional_put(client: Any, comment: Comment) -> Write:
    item, table = to_item(comment), env().dynamodb_table
    return lambda: client.put_item(TableName=table, Item=item, **CONDITION)


def insert_statement(session: Any) -> Any:
    """Binds the columns, then the write timestamp in microseconds."""
    marks = ", ".join("?" * len(COLUMNS))
    cql = f"INSERT INTO chat_by_room ({', '.join(COLUMNS)}) VALUES ({marks}) USING TIMESTAMP ?"
    prepared = session.prepare(cql)
    prepared.consistency_level = ConsistencyLevel.name_to_value[env().scylla_write_consistency]
    return prepared


def insert(session: Any, prepared: Any, comment: Comment) -> Write:
    bound = prepared.bind((*to_values(comment), comment.time_us))
    return lambda: session.execute(bound, execution_profile=HOT)
