"""Reads the tables, views and replication of one keyspace from the engine's schema tables."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, Final

from chat.schema.queries import rows
from chat.schema.tables import Column, Table

_TABLES: Final = "SELECT table_name, compaction FROM system_schema.tables WHERE keyspace_name = %s"
_VIEWS: Final = (
    "SELECT view_name, base_table_name, where_clause, compaction FROM system_schema.views WHERE keyspace_name = %s"
)
_COLUMNS: Final = (
    "SELECT table_name, column_name, type, kind, position, clustering_order "
    "FROM system_schema.columns WHERE keyspace_name = %s"
)
_REPLICATION: Final = "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = %s"

Rows = list[dict[str, Any]]


def replication_of(session: Any, keyspace: str) -> dict[str, str] | None:
    """The replication map of a keyspace, its class by its short name; None if there is no such keyspace."""
    found = rows(session, _REPLICATION, [keyspace])
    return _short_class(found[0]["replication"]) if found else None


def tables_of(session: Any, keyspace: str) -> dict[str, Table]:
    """All tables and views of a keyspace by name, empty if there is no such keyspace."""
    columns: dict[str, Rows] = defaultdict(list)
    for column in rows(session, _COLUMNS, [keyspace]):
        columns[column["table_name"]].append(column)
    tables = [_table(row["table_name"], row, columns) for row in rows(session, _TABLES, [keyspace])]
    views = [_table(row["view_name"], row, columns) for row in rows(session, _VIEWS, [keyspace])]
    return {table.name: table for table in (*tables, *views)}


def _table(name: str, row: dict[str, Any], columns: dict[str, Rows]) -> Table:
    own = columns[name]
    clustering = _of_kind(own, "clustering")
    return Table(
        name=name,
        columns=tuple(Column(c["column_name"], c["type"]) for c in own),
        partition_key=tuple(c["column_name"] for c in _of_kind(own, "partition_key")),
        clustering=tuple((c["column_name"], c["clustering_order"].upper()) for c in clustering),
        compaction=_short_class(row["compaction"]),
        base=row.get("base_table_name"),
        where=conditions(row.get("where_clause")),
    )


def _of_kind(columns: Rows, kind: str) -> Rows:
    return sorted((c for c in columns if c["kind"] == kind), key=lambda c: int(c["position"]))


def _short_class(options: Any) -> dict[str, str]:
    """Cassandra gives classes their package, ScyllaDB does not."""
    return dict(options) | {"class": options["class"].rpartition(".")[2]}


def conditions(where: str | None) -> frozenset[str]:
    """The conditions of a view, one by one; engines differ in quotes, brackets and the case of NULL."""
    parts = re.split(r"\s+AND\s+", where.replace('"', ""), flags=re.IGNORECASE) if where else []
    return frozenset(re.sub(r"(?i)\s+is\s+not\s+null$", " IS NOT NULL", part.strip(" ()")) for part in parts)
