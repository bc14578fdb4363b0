"""The CQL side of sync_schema: look, compare, and mend what can be mended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chat.schema import comparison, ddl, found, replication
from chat.schema.dialect import detect
from chat.schema.drift import Difference, Done, Survey, ignore
from chat.schema.queries import STORE, change
from chat.schema.tables import wanted_tables


def survey(session: Any, *, keyspace: str, replication_setting: str | None, local_dc: str, user_view: bool) -> Survey:
    """Compare the keyspace with the models; changes nothing. `session` need not be bound to a keyspace.

    Raises StoreUnavailable, and StoreRefused for settings that do not fit the cluster.
    """
    dialect = detect(session)
    nodes = replication.nodes_by_data_centre(session)
    wanted = replication.choose(replication_setting, local_dc=local_dc, nodes=nodes)
    create = ddl.create_keyspace(keyspace, wanted.options, dialect.keyspace_properties)
    there = found.replication_of(session, keyspace)
    missing = replication.compare(keyspace, wanted, there, nodes=nodes, create=create)
    tables = found.tables_of(session, keyspace)
    differences = [] if missing is None else [missing]
    for table in wanted_tables(user_view=user_view):
        differences.extend(comparison.compare(keyspace, table, tables.get(table.name)))
    return Survey(
        store=STORE,
        engine=f"{dialect.engine} {dialect.version}",
        notes=(_note(keyspace, wanted, there),),
        differences=tuple(differences),
    )


def mend(session: Any, differences: Iterable[Difference], *, done: Done = ignore) -> None:
    """Carry out what can be mended, in order, telling `done` of each. DDL is not isolated: one run at a time.

    Raises StoreUnavailable and StoreRefused; what was done before stays, and a second run goes on from there.
    """
    for difference in differences:
        if difference.change is not None:
            change(session, str(difference.change))
            done(difference)


def _note(keyspace: str, wanted: replication.Replication, there: Mapping[str, str] | None) -> str:
    if there is None or wanted.explicit:
        return f"keyspace {keyspace}: {wanted.chosen}"
    return f"keyspace {keyspace}: keeps its replication {ddl.literal(there)}"
