"""Each difference between a wanted table and a found one, and whether it may be mended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chat.schema.comparison import compare
from chat.schema.drift import DriftKind
from chat.schema.tables import Column, Table, wanted_tables

ROOM, USER = wanted_tables(user_view=True)


def kinds(wanted: Table, found: Table | None) -> list[tuple[DriftKind, bool]]:
    return [(difference.kind, difference.mendable) for difference in compare("k", wanted, found)]


@pytest.mark.parametrize("table", [ROOM, USER], ids=["table", "view"])
def test_no_difference_when_only_the_order_of_columns_differs(table: Table) -> None:
    assert kinds(table, replace(table, columns=tuple(reversed(table.columns)))) == []


def test_missing_things_are_made() -> None:
    assert kinds(ROOM, None) == [(DriftKind.MISSING_TABLE, True)]
    assert kinds(USER, None) == [(DriftKind.MISSING_VIEW, True)]


def test_a_missing_regular_column_is_added_to_a_table_but_not_to_a_view() -> None:
    assert kinds(ROOM, replace(ROOM, columns=ROOM.columns[:-1])) == [(DriftKind.MISSING_COLUMN, True)]
    assert kinds(USER, replace(USER, columns=USER.columns[:-1])) == [(DriftKind.WRONG_PROJECTION, False)]


def test_a_missing_key_column_is_reported_with_the_key() -> None:
    found = replace(ROOM, columns=(*ROOM.columns[:2], *ROOM.columns[3:]), clustering=(("time_us", "DESC"),))
    assert kinds(ROOM, found) == [(DriftKind.WRONG_KEY, False), (DriftKind.WRONG_KEY, False)]


def test_a_wrong_type_is_reported() -> None:
    found = replace(ROOM, columns=(ROOM.columns[0], Column("time_us", "timestamp"), *ROOM.columns[2:]))
    (difference,) = compare("k", ROOM, found)
    assert (difference.kind, difference.mendable) == (DriftKind.WRONG_TYPE, False)
    assert difference.sentence == "chat_by_room.time_us is timestamp, not bigint"
    assert "another keyspace" in difference.todo


def test_the_wrong_order_of_a_key_is_a_wrong_key() -> None:
    found = replace(ROOM, clustering=(("time_us", "ASC"), ("name", "ASC")))
    (difference,) = compare("k", ROOM, found)
    assert (difference.kind, difference.mendable) == (DriftKind.WRONG_KEY, False)
    assert difference.sentence == (
        "the key of chat_by_room is ((chat_room), time_us ASC, name ASC), not ((chat_room), time_us DESC, name ASC)"
    )


def test_a_column_of_a_newer_release_is_named_and_tolerated() -> None:
    found = replace(ROOM, columns=(*ROOM.columns, Column("edited_us", "bigint")))
    (difference,) = compare("k", ROOM, found)
    assert (difference.kind, difference.mendable, difference.tolerated) == (
        DriftKind.UNKNOWN_COLUMN,
        False,
        True,
    )
    assert difference.subject == "k.chat_by_room.edited_us"


def test_another_compaction_is_altered() -> None:
    found = replace(ROOM, compaction={"class": "SizeTieredCompactionStrategy", "min_threshold": "4"})
    (difference,) = compare("k", ROOM, found)
    assert difference.kind is DriftKind.WRONG_COMPACTION
    assert str(difference.change) == (
        "ALTER TABLE k.chat_by_room WITH compaction = {'class': 'TimeWindowCompactionStrategy', "
        "'compaction_window_unit': 'DAYS', 'compaction_window_size': '1'}"
    )


def test_what_an_operator_added_to_the_compaction_stays() -> None:
    added = {"class": "TimeWindowCompactionStrategy", "min_threshold": "8"}
    assert kinds(ROOM, replace(ROOM, compaction=added | ROOM.compaction)) == []
    week = added | {"compaction_window_unit": "DAYS", "compaction_window_size": "7"}
    (difference,) = compare("k", ROOM, replace(ROOM, compaction=week))
    assert "'min_threshold': '8'" in str(difference.change)
    assert "'compaction_window_size': '1'" in str(difference.change)


def test_a_view_without_conditions_on_its_key_holds_the_same_rows() -> None:
    assert kinds(USER, replace(USER, where=frozenset({"name IS NOT NULL"}))) == []


def test_a_view_that_leaves_rows_out_is_for_its_owner_to_drop() -> None:
    found = replace(USER, where=USER.where | {"name = 'ada'"})
    (difference,) = compare("k", USER, found)
    assert (difference.kind, difference.mendable) == (DriftKind.WRONG_PROJECTION, False)
    assert "DROP MATERIALIZED VIEW k.chat_by_user;" in difference.todo


@pytest.mark.parametrize(
    ("wanted", "found", "sentence"),
    [
        (USER, replace(ROOM, name="chat_by_user"), "chat_by_user is a table, not a view of chat_by_room"),
        (ROOM, replace(USER, name="chat_by_room"), "chat_by_room is a view of chat_by_room, not a table"),
        (USER, replace(USER, base="other"), "chat_by_user is a view of other, not a view of chat_by_room"),
    ],
)
def test_a_table_where_a_view_should_be_is_one_difference(wanted: Table, found: Table, sentence: str) -> None:
    (difference,) = compare("k", wanted, found)
    assert (difference.kind, difference.sentence) == (DriftKind.WRONG_KIND, sentence)
    assert not difference.mendable
    assert "DROP" not in difference.todo
