"""The shapes that are wanted, made from the models."""

from __future__ import annotations

from chat.schema.tables import Column, Table, wanted_tables

TWCS = {
    "class": "TimeWindowCompactionStrategy",
    "compaction_window_unit": "DAYS",
    "compaction_window_size": "1",
}
COLUMNS = (
    Column("chat_room", "text"),
    Column("time_us", "bigint"),
    Column("name", "text"),
    Column("comment", "text"),
    Column("time_raw", "text"),
)


def test_the_room_table_is_the_seed_s_with_time_raw() -> None:
    assert wanted_tables(user_view=False) == (
        Table(
            name="chat_by_room",
            columns=COLUMNS,
            partition_key=("chat_room",),
            clustering=(("time_us", "DESC"), ("name", "ASC")),
            compaction=TWCS,
        ),
    )


def test_the_user_view_comes_after_its_table_and_has_every_column_of_it() -> None:
    assert wanted_tables(user_view=True)[1] == Table(
        name="chat_by_user",
        columns=COLUMNS,
        partition_key=("name",),
        clustering=(("time_us", "DESC"), ("chat_room", "ASC")),
        compaction=TWCS,
        base="chat_by_room",
        where=frozenset({"name IS NOT NULL", "time_us IS NOT NULL", "chat_room IS NOT NULL"}),
    )
