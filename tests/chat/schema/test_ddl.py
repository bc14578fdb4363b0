"""The statements, letter by letter: what an operator reads in a dry run is what is sent."""

from __future__ import annotations

from chat.schema import ddl
from chat.schema.tables import Column, wanted_tables

ROOM, USER = wanted_tables(user_view=True)
TWCS = "{'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'DAYS', 'compaction_window_size': '1'}"


def test_create_keyspace() -> None:
    replication = {"class": "NetworkTopologyStrategy", "dc1": "3"}
    assert ddl.create_keyspace("chat_app", replication) == (
        "CREATE KEYSPACE IF NOT EXISTS chat_app WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': '3'}"
    )


def test_create_keyspace_with_what_the_dialect_adds() -> None:
    cql = ddl.create_keyspace("chat_app", {"class": "X"}, ("tablets = {'enabled': false}",))
    assert cql.endswith("WITH replication = {'class': 'X'} AND tablets = {'enabled': false}")


def test_create_table() -> None:
    assert ddl.create_table("chat_app", ROOM) == (
        "CREATE TABLE IF NOT EXISTS chat_app.chat_by_room "
        "(chat_room text, time_us bigint, name text, comment text, time_raw text, "
        "PRIMARY KEY ((chat_room), time_us, name)) "
        f"WITH CLUSTERING ORDER BY (time_us DESC, name ASC) AND compaction = {TWCS}"
    )


def test_a_view_names_all_clustering_columns_and_excludes_null_in_every_key_column() -> None:
    assert ddl.create_view("chat_app", USER) == (
        "CREATE MATERIALIZED VIEW IF NOT EXISTS chat_app.chat_by_user AS "
        "SELECT chat_room, time_us, name, comment, time_raw FROM chat_app.chat_by_room "
        "WHERE name IS NOT NULL AND time_us IS NOT NULL AND chat_room IS NOT NULL "
        "PRIMARY KEY ((name), time_us, chat_room) "
        f"WITH CLUSTERING ORDER BY (time_us DESC, chat_room ASC) AND compaction = {TWCS}"
    )


def test_add_column() -> None:
    cql = ddl.add_column("chat_app", ROOM, Column("time_raw", "text"))
    assert cql == "ALTER TABLE chat_app.chat_by_room ADD time_raw text"


def test_alter_compaction_of_a_table_and_of_a_view() -> None:
    assert ddl.alter_compaction("k", ROOM, ROOM.compaction) == f"ALTER TABLE k.chat_by_room WITH compaction = {TWCS}"
    assert ddl.alter_compaction("k", USER, USER.compaction) == (
        f"ALTER MATERIALIZED VIEW k.chat_by_user WITH compaction = {TWCS}"
    )


def test_names_that_need_quotes_get_them_and_texts_cannot_break_out() -> None:
    cql = ddl.create_keyspace("Select", {"dc'1": "3"})
    assert cql == "CREATE KEYSPACE IF NOT EXISTS \"Select\" WITH replication = {'dc''1': '3'}"
