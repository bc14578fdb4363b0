"""The shape of a CQL table or view as a value: from a model it is wanted, from the engine it is there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from chat.models import USER_VIEW, ChatByRoom


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    cql_type: str


@dataclass(frozen=True, slots=True)
class Table:
    """`clustering` holds (column, ASC or DESC) in key order; `base` names the table a view is made of.

    `where` is what keeps rows out of a view: its conditions, one by one. Columns are compared by name, so
    their order here is only the order of the DDL.
    """

    name: str
    columns: tuple[Column, ...]
    partition_key: tuple[str, ...]
    clustering: tuple[tuple[str, str], ...]
    compaction: dict[str, str]
    base: str | None = None
    where: frozenset[str] = frozenset()

    @property
    def is_view(self) -> bool:
        return self.base is not None

    @property
    def key(self) -> tuple[str, ...]:
        return self.partition_key + tuple(name for name, _ in self.clustering)

    @property
    def types(self) -> dict[str, str]:
        return {column.name: column.cql_type for column in self.columns}


def table_of(model: Any) -> Table:
    """The table a cqlengine model stands for. `model` is the class; its keyspace is not part of the shape."""
    return Table(
        name=model._raw_column_family_name(),
        columns=tuple(Column(c.db_field_name, c.db_type) for c in model._columns.values()),
        partition_key=tuple(c.db_field_name for c in model._partition_keys.values()),
        clustering=tuple(
            (c.db_field_name, (c.clustering_order or "ASC").upper()) for c in model._clustering_keys.values()
        ),
        compaction=dict(model.__options__["compaction"]),
    )


def user_timeline(base: Table) -> Table:
    """The view that answers one user's comments over all rooms, newest first.

    cqlengine knows no views, so its key is written here; columns, types and compaction are the base table's.
    Each key column is IS NOT NULL and each clustering column has its order spelled out: only there do
    ScyllaDB and Cassandra agree, and neither gives a view the compaction of its table.
    """
    view = replace(
        base,
        name=USER_VIEW,
        partition_key=("name",),
        clustering=(("time_us", "DESC"), ("chat_room", "ASC")),
        base=base.name,
    )
    return replace(view, where=frozenset(f"{column} IS NOT NULL" for column in view.key))


def wanted_tables(*, user_view: bool) -> tuple[Table, ...]:
    """The tables of the room schema, each before what is made of it. `user_view` is a setting."""
    room = table_of(ChatByRoom)
    return (room, user_timeline(room)) if user_view else (room,)
