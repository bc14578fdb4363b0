"""Tables for the terminal."""

from __future__ import annotations

from migration.management.tables import table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    rows = [("scylla-room", 1), ("a", 10_000)]
    assert table(("STORE", "ENTRIES"), rows).splitlines() == [
        "STORE        ENTRIES",
        "scylla-room  1",
        "a            10000",
    ]


def test_a_table_without_rows_is_its_head() -> None:
    assert table(("A", "B"), []) == "A  B"
