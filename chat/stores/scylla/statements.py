"""The text of every CQL statement, made from the cqlengine models, so that a table is described once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chat.models import USER_VIEW, ChatByRoom


@dataclass(frozen=True, slots=True)
class Statement:
    """To be prepared. `speculative`: a slow answer may be asked of a second node as well."""

    cql: str
    speculative: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view whose rows are one partition's comments by (time_us DESC, `tie` ASC).

    `name` is qualified: an unqualified one would be prepared against whatever keyspace the session is in.
    """

    name: str
    columns: tuple[str, ...]
    partition: str
    tie: str

    @property
    def _values(self) -> str:
        return f"({', '.join(self.columns)}) VALUES ({', '.join('?' * len(self.columns))})"

    @property
    def _select(self) -> str:
        return f"SELECT {', '.join(self.columns)} FROM {self.name} WHERE"

    @property
    def _key(self) -> str:
        return f"{self.partition} = ? AND time_us = ? AND {self.tie} = ?"

    def insert_if_absent(self) -> Statement:
        """Binds the columns. Never with a timestamp: Paxos gives its own (protocol T5)."""
        return Statement(f"INSERT INTO {self.name} {self._values} IF NOT EXISTS")

    def insert_at(self) -> Statement:
        """Binds the columns, then the write timestamp in microseconds (protocol T3)."""
        return Statement(f"INSERT INTO {self.name} {self._values} USING TIMESTAMP ?")

    def select_one(self) -> Statement:
        """Binds partition, time_us, tie."""
        return Statement(f"{self._select} {self._key}", speculative=True)

    def select_some(self) -> Statement:
        """Binds partition, a list of (time_us, tie)."""
        return Statement(f"{self._select} {self.partition} = ? AND (time_us, {self.tie}) IN ?", speculative=True)

    def select_between(self) -> Statement:
        """Binds partition, time_us from (inclusive), time_us below (exclusive). Newest first, ties ascending."""
        return Statement(f"{self._select} {self.partition} = ? AND time_us >= ? AND time_us < ?", speculative=True)

    def select_tie_after(self) -> Statement:
        """Binds partition, time_us, tie: the rest of one instant."""
        where = f"{self.partition} = ? AND time_us = ? AND {self.tie} > ?"
        return Statement(f"{self._select} {where}", speculative=True)

    def select_partitions(self) -> Statement:
        return Statement(f"SELECT DISTINCT {self.partition} FROM {self.name}", speculative=True)

    def select_write_time(self) -> Statement:
        """Binds partition, time_us, tie: the timestamp of the comment's cell, in microseconds."""
        return Statement(f"SELECT WRITETIME(comment) FROM {self.name} WHERE {self._key}", speculative=True)

    def delete_at(self) -> Statement:
        """Binds the timestamp of the tombstone in microseconds, then partition, time_us, tie."""
        return Statement(f"DELETE FROM {self.name} USING TIMESTAMP ? WHERE {self._key}")


def room_table(keyspace: str) -> Table:
    model: Any = ChatByRoom
    (partition,) = model._partition_keys.values()
    _, tie = model._clustering_keys.values()
    return Table(
        name=f"{keyspace}.{model.column_family_name(include_keyspace=False)}",
        columns=tuple(column.db_field_name for column in model._columns.values()),
        partition=partition.db_field_name,
        tie=tie.db_field_name,
    )


def user_view(keyspace: str) -> Table:
    """The materialized view over the same columns, by user instead of by room."""
    room = room_table(keyspace)
    return Table(name=f"{keyspace}.{USER_VIEW}", columns=room.columns, partition=room.tie, tie=room.partition)
