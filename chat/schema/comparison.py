"""Compares one CQL table or view that is wanted with what the engine has under its name."""

from __future__ import annotations

from collections.abc import Iterator

from chat.schema import ddl
from chat.schema.drift import Difference, DriftKind
from chat.schema.queries import STORE
from chat.schema.tables import Column, Table

_REBUILD_TABLE = "it cannot be altered: make it anew under another keyspace (KEYSPACE) and backfill that one"


def compare(keyspace: str, wanted: Table, found: Table | None) -> Iterator[Difference]:
    """Each difference of one table or view, missing things first. Nothing when they agree."""
    if found is None:
        yield _missing(keyspace, wanted)
        return
    if (wanted.base, wanted.is_view) != (found.base, found.is_view):
        yield _wrong_kind(keyspace, wanted, found)
        return
    yield from _columns(keyspace, wanted, found)
    yield from _keys(keyspace, wanted, found)
    # A key column is never null, so a missing IS NOT NULL leaves the same rows; any other condition does not.
    if others := found.where - wanted.where:
        sentence = f"the view {wanted.name} holds only rows where {' AND '.join(sorted(others))}"
        yield _report(keyspace, wanted, DriftKind.WRONG_PROJECTION, sentence)
    # What else it says is the engine's or the operator's: thresholds, for instance.
    if not wanted.compaction.items() <= found.compaction.items():
        yield _wrong_compaction(keyspace, wanted, found)


def _missing(keyspace: str, wanted: Table) -> Difference:
    view = wanted.is_view
    return Difference(
        store=STORE,
        subject=f"{keyspace}.{wanted.name}",
        kind=DriftKind.MISSING_VIEW if view else DriftKind.MISSING_TABLE,
        sentence=f"the {_noun(wanted)} {wanted.name} does not exist",
        todo="create it; the engine fills it from its table in the background" if view else "create it",
        change=ddl.create_view(keyspace, wanted) if view else ddl.create_table(keyspace, wanted),
    )


def _wrong_kind(keyspace: str, wanted: Table, found: Table) -> Difference:
    there = f"a view of {found.base}" if found.is_view else "a table"
    expected = f"a view of {wanted.base}" if wanted.is_view else "a table"
    return _report(keyspace, wanted, DriftKind.WRONG_KIND, f"{wanted.name} is {there}, not {expected}")


def _columns(keyspace: str, wanted: Table, found: Table) -> Iterator[Difference]:
    for column in wanted.columns:
        there = found.types.get(column.name)
        if there is None:
            yield _missing_column(keyspace, wanted, column)
        elif there != column.cql_type:
            sentence = f"{wanted.name}.{column.name} is {there}, not {column.cql_type}"
            yield _report(keyspace, wanted, DriftKind.WRONG_TYPE, sentence)
    for name in sorted(found.types.keys() - wanted.types.keys()):
        yield Difference(
            store=STORE,
            subject=f"{keyspace}.{wanted.name}.{name}",
            kind=DriftKind.UNKNOWN_COLUMN,
            sentence=f"{wanted.name} has a column {name} that this release does not know",
            todo="nothing: it is neither read nor written",
        )


def _missing_column(keyspace: str, wanted: Table, column: Column) -> Difference:
    sentence = f"the {_noun(wanted)} {wanted.name} has no column {column.name}"
    if wanted.is_view:
        return _report(keyspace, wanted, DriftKind.WRONG_PROJECTION, sentence)
    if column.name in wanted.key:
        return _report(keyspace, wanted, DriftKind.WRONG_KEY, sentence)
    return Difference(
        store=STORE,
        subject=f"{keyspace}.{wanted.name}.{column.name}",
        kind=DriftKind.MISSING_COLUMN,
        sentence=sentence,
        todo="add it; rows that are there hold null in it",
        change=ddl.add_column(keyspace, wanted, column),
    )


def _keys(keyspace: str, wanted: Table, found: Table) -> Iterator[Difference]:
    if (wanted.partition_key, wanted.clustering) != (found.partition_key, found.clustering):
        sentence = f"the key of {wanted.name} is {_key(found)}, not {_key(wanted)}"
        yield _report(keyspace, wanted, DriftKind.WRONG_KEY, sentence)


def _wrong_compaction(keyspace: str, wanted: Table, found: Table) -> Difference:
    there, expected = ddl.literal(found.compaction), ddl.literal(wanted.compaction)
    same_class = found.compaction.get("class") == wanted.compaction["class"]
    mended = (found.compaction if same_class else {}) | wanted.compaction
    return Difference(
        store=STORE,
        subject=f"{keyspace}.{wanted.name}",
        kind=DriftKind.WRONG_COMPACTION,
        sentence=f"the compaction of {wanted.name} is {there}, not {expected}",
        todo="alter it; the engine regroups its files in the background",
        change=ddl.alter_compaction(keyspace, wanted, mended),
    )


def _report(keyspace: str, wanted: Table, kind: DriftKind, sentence: str) -> Difference:
    """A difference that no ALTER mends. A view holds nothing of its own: its owner may drop it."""
    subject = f"{keyspace}.{wanted.name}"
    droppable = wanted.is_view and kind is not DriftKind.WRONG_KIND
    rebuild_view = f"run `DROP MATERIALIZED VIEW {subject};` yourself, then sync_schema makes it anew"
    todo = rebuild_view if droppable else _REBUILD_TABLE
    return Difference(store=STORE, subject=subject, kind=kind, sentence=sentence, todo=todo)


def _noun(table: Table) -> str:
    return "view" if table.is_view else "table"


def _key(table: Table) -> str:
    clustering = "".join(f", {name} {direction}" for name, direction in table.clustering)
    return f"(({', '.join(table.partition_key)}){clustering})"
