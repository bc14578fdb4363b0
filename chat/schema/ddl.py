"""The text of every CQL statement that changes the schema. None of them drops anything."""

from __future__ import annotations

from collections.abc import Mapping

from cassandra.metadata import protect_name

from chat.schema.tables import Column, Table


def literal(options: Mapping[str, str]) -> str:
    """A CQL map of texts."""
    pairs = (f"{_text(name)}: {_text(value)}" for name, value in options.items())
    return "{" + ", ".join(pairs) + "}"


def create_keyspace(keyspace: str, replication: Mapping[str, str], properties: tuple[str, ...] = ()) -> str:
    """`properties` are further WITH clauses, as the dialect gives them."""
    clauses = " AND ".join((f"replication = {literal(replication)}", *properties))
    return f"CREATE KEYSPACE IF NOT EXISTS {protect_name(keyspace)} WITH {clauses}"


def create_table(keyspace: str, table: Table) -> str:
    columns = ", ".join(_definition(column) for column in table.columns)
    return (
        f"CREATE TABLE IF NOT EXISTS {_qualified(keyspace, table.name)} "
        f"({columns}, {_primary_key(table)}) WITH {_properties(table)}"
    )


def create_view(keyspace: str, view: Table) -> str:
    columns = ", ".join(protect_name(column.name) for column in view.columns)
    where = " AND ".join(f"{protect_name(column)} IS NOT NULL" for column in view.key)
    return (
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {_qualified(keyspace, view.name)} AS "
        f"SELECT {columns} FROM {_qualified(keyspace, view.base or '')} WHERE {where} "
        f"{_primary_key(view)} WITH {_properties(view)}"
    )


def add_column(keyspace: str, table: Table, column: Column) -> str:
    return f"ALTER TABLE {_qualified(keyspace, table.name)} ADD {_definition(column)}"


def alter_compaction(keyspace: str, table: Table, compaction: Mapping[str, str]) -> str:
    """The whole of it: what `compaction` leaves out goes back to the engine's default."""
    kind = "MATERIALIZED VIEW" if table.is_view else "TABLE"
    return f"ALTER {kind} {_qualified(keyspace, table.name)} WITH compaction = {literal(compaction)}"


def _qualified(keyspace: str, name: str) -> str:
    return f"{protect_name(keyspace)}.{protect_name(name)}"


def _definition(column: Column) -> str:
    return f"{protect_name(column.name)} {column.cql_type}"


def _primary_key(table: Table) -> str:
    partition = ", ".join(map(protect_name, table.partition_key))
    clustering = "".join(f", {protect_name(name)}" for name, _ in table.clustering)
    return f"PRIMARY KEY (({partition}){clustering})"


def _properties(table: Table) -> str:
    order = ", ".join(f"{protect_name(name)} {direction}" for name, direction in table.clustering)
    return f"CLUSTERING ORDER BY ({order}) AND compaction = {literal(table.compaction)}"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
