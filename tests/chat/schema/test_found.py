"""Reading a keyspace back: its tables and views in the form they are compared in."""

from __future__ import annotations

from typing import Any

import pytest

from chat.schema import ddl
from chat.schema.found import conditions, replication_of, tables_of
from chat.schema.tables import Table, wanted_tables

TWCS = ("class", "compaction_window_unit", "compaction_window_size")
REPLICATION = {"class": "NetworkTopologyStrategy", "replication_factor": "1"}


@pytest.fixture
def made(session: Any, keyspace: str) -> str:
    room, user = wanted_tables(user_view=True)
    statements = (
        ddl.create_keyspace(keyspace, REPLICATION),
        ddl.create_table(keyspace, room),
        ddl.create_view(keyspace, user),
        f"CREATE TABLE {keyspace}.other (b int, a int, c map<text, int>, s int static, c1 int, c2 int, "
        "PRIMARY KEY ((b, a), c2, c1)) WITH CLUSTERING ORDER BY (c2 ASC, c1 DESC)",
    )
    for statement in statements:
        session.execute(statement, timeout=60)
    return keyspace


def by_name(table: Table) -> Table:
    return Table(
        name=table.name,
        columns=tuple(sorted(table.columns, key=lambda column: column.name)),
        partition_key=table.partition_key,
        clustering=table.clustering,
        compaction={name: value for name, value in table.compaction.items() if name in TWCS},
        base=table.base,
        where=table.where,
    )


def test_what_was_made_is_read_back_as_it_was_wanted(session: Any, made: str) -> None:
    found = tables_of(session, made)
    assert found.keys() == {"chat_by_room", "chat_by_user", "other"}
    for wanted in wanted_tables(user_view=True):
        assert by_name(found[wanted.name]) == by_name(wanted)


def test_keys_of_several_columns_keep_their_order_and_direction(session: Any, made: str) -> None:
    other = tables_of(session, made)["other"]
    assert other.partition_key == ("b", "a")
    assert other.clustering == (("c2", "ASC"), ("c1", "DESC"))
    assert other.types == {"a": "int", "b": "int", "c": "map<text, int>", "c1": "int", "c2": "int", "s": "int"}


def test_replication_comes_with_the_short_name_of_its_class(session: Any, made: str) -> None:
    (local,) = session.execute("SELECT data_center FROM system.local")
    assert replication_of(session, made) == {"class": "NetworkTopologyStrategy", local["data_center"]: "1"}


def test_there_is_nothing_to_read_where_no_keyspace_is(session: Any, keyspace: str) -> None:
    assert replication_of(session, keyspace) is None
    assert tables_of(session, keyspace) == {}


@pytest.mark.parametrize(
    "where",
    [
        "name IS NOT NULL AND time_us = 5",
        '"name" IS NOT null AND "time_us" = 5',
        "(name is not null) and (time_us = 5)",
    ],
)
def test_conditions_read_the_same_however_an_engine_spells_them(where: str) -> None:
    assert conditions(where) == {"name IS NOT NULL", "time_us = 5"}
