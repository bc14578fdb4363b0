"""Statements are made from the model, name every column, and say their keyspace."""

from __future__ import annotations

from chat.codec.rows import COLUMNS
from chat.stores.scylla.statements import room_table, user_view


def test_the_columns_are_the_codecs_in_its_order() -> None:
    """Values are bound and rows are read by place, so the model and the codec must agree."""
    assert room_table("ks").columns == COLUMNS
    assert user_view("ks").columns == COLUMNS


def test_statements_of_the_room_table() -> None:
    table = room_table("ks")
    columns = "chat_room, time_us, name, comment, time_raw"
    insert = f"INSERT INTO ks.chat_by_room ({columns}) VALUES (?, ?, ?, ?, ?)"
    select = f"SELECT {columns} FROM ks.chat_by_room WHERE chat_room = ?"
    key = "chat_room = ? AND time_us = ? AND name = ?"
    assert table.insert_if_absent().cql == f"{insert} IF NOT EXISTS"
    assert table.insert_at().cql == f"{insert} USING TIMESTAMP ?"
    assert table.select_one().cql == f"{select} AND time_us = ? AND name = ?"
    assert table.select_between().cql == f"{select} AND time_us >= ? AND time_us < ?"
    assert table.select_tie_after().cql == f"{select} AND time_us = ? AND name > ?"
    assert table.select_partitions().cql == "SELECT DISTINCT chat_room FROM ks.chat_by_room"
    assert table.delete_at().cql == f"DELETE FROM ks.chat_by_room USING TIMESTAMP ? WHERE {key}"


def test_the_view_is_walked_by_user_with_ties_by_room() -> None:
    view = user_view("ks")
    assert view.select_tie_after().cql.endswith("FROM ks.chat_by_user WHERE name = ? AND time_us = ? AND chat_room > ?")


def test_only_reads_may_be_asked_of_a_second_node() -> None:
    """A conditional write is sent once (protocol W1)."""
    table = room_table("ks")
    assert table.select_one().speculative
    assert table.select_between().speculative
    assert not table.insert_if_absent().speculative
    assert not table.insert_at().speculative
    assert not table.delete_at().speculative
