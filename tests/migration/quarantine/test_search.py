"""An operator finds an item by what is printed of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from migration.exceptions import Refused
from migration.quarantine.search import chosen, counted, named
from tests.migration.quarantine.kept import item, keep


@pytest.fixture(autouse=True)
def database(control: Path) -> None:
    """Every test here writes rows."""


def test_by_id_key_or_name_and_time() -> None:
    rows = keep(item("ann@home", time="test@time"), item("17", time="x"))
    for row, text in zip(rows, ("ann@home@test@time", "17@x"), strict=True):
        assert named(str(row.pk)) == row
        assert named(row.key) == row
        if text == "17@x":
            assert named(text) == row
    # The last @ is not the one that parts them, and nothing else is known by it.
    with pytest.raises(Refused, match="nothing in quarantine is known as"):
        named("ann@home@test@time")


def test_what_is_printed_for_two_items_names_none() -> None:
    keep(item("\ud800", time="x"), item("\ud800", time="y"))
    assert named("\\ud800@x").time == "x"
    keep(item("\\ud800", time="y"))
    assert named("\\ud800@y").name == "\\ud800", "what is spelled so exactly comes first"


def test_nothing_is_found_by_what_no_item_has() -> None:
    for key in ("1", "9" * 30, "0" * 32, "ann", "", "@", "\ud800@1"):
        with pytest.raises(Refused, match="nothing in quarantine"):
            named(key)


def test_counted_by_reason_and_state() -> None:
    keep(item("a", time="x"), item("b", time="x"), item("c", likes={"N": "1"}))
    assert counted() == [
        {"code": "time_not_a_number", "state": "open", "items": 2},
        {"code": "unknown_attribute", "state": "open", "items": 1},
    ]
    assert [row.name for row in chosen(code="time_not_a_number", state="open")] == ["a", "b"]
    assert [row.name for row in chosen(state="waived")] == []
