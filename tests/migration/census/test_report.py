"""The figures of a table that the test knows item by item."""

from __future__ import annotations

from typing import Any

import pytest

from migration.census.report import compile_report
from migration.census.sizes import item_bytes
from migration.census.working import work
from tests.migration.bed import Bed
from tests.migration.census.surveying import begin, item, surveyed

ITEMS: list[dict[str, Any]] = [
    item("ann", "1700000000.5", room="a", text="hello"),
    item("ann", "1700000000.50", room="a"),
    item("ann", "1700086400.0", room="a"),
    item("ben", "1700000001.0", room="a"),
    item("ben", "1000000", room="b"),
    item("ben", "test_time", room="b"),
    item("cyd", "1700000002.0", room="b", ttl={"N": "1900000000"}),
]


@pytest.fixture
def table(bed: Bed) -> Bed:
    bed.put_items(ITEMS)
    return bed


@pytest.mark.usefixtures("table", "small_pages")
def test_every_figure() -> None:
    found = surveyed(segments=2)
    size = sum(map(item_bytes, ITEMS))
    assert (found["complete"], found["items"], found["bytes"]) == (True, 7, size)
    assert (found["mappable"], found["unmappable"]["items"], found["collisions"]) == (4, 3, 1)
    assert found["times"] == {
        "oldest": {"time": "1000000.0", "utc": "1970-01-12T13:46:40+00:00"},
        "newest": {"time": "1700086400.0", "utc": "2023-11-15T22:13:20+00:00"},
    }
    assert found["non_canonical_times"] == 1
    assert found["order_divergent"] == {"items": 1, "by_spelling": 1, "by_tie": 0, "instants": 0, "unasked": 0}
    assert found["unknown_attributes"] == {"ttl": 1}
    assert found["largest_item"] == {"bytes": item_bytes(ITEMS[6]), "name": "cyd", "time": "1700000002.0"}


@pytest.mark.usefixtures("table")
def test_reasons_come_with_keys() -> None:
    reasons = surveyed()["unmappable"]["reasons"]
    keys = {code: [(s["name"], s["time"]) for s in one["samples"]] for code, one in reasons.items()}
    assert keys == {
        "key_collision": [("ann", "1700000000.50")],
        "time_not_a_number": [("ben", "test_time")],
        "unknown_attribute": [("cyd", "1700000002.0")],
    }
    assert reasons["unknown_attribute"]["samples"][0]["detail"] == "no column for 'ttl'"


@pytest.mark.usefixtures("table")
def test_rooms_and_their_days_count_what_can_be_mapped() -> None:
    found = surveyed()
    sizes = [item_bytes(one) for one in ITEMS]
    assert found["rooms"] == {
        "count": 2,
        "largest": [
            {"room": "a", "items": 3, "bytes": sizes[0] + sizes[2] + sizes[3], "days": 2},
            {"room": "b", "items": 1, "bytes": sizes[4], "days": 1},
        ],
    }
    assert found["room_days"] == {
        "count": 3,
        "largest": [
            {"room": "a", "day": "2023-11-14", "items": 2, "bytes": sizes[0] + sizes[3]},
            {"room": "a", "day": "2023-11-15", "items": 1, "bytes": sizes[2]},
            {"room": "b", "day": "1970-01-12", "items": 1, "bytes": sizes[4]},
        ],
    }


@pytest.mark.usefixtures("table")
def test_users_count_whatever_they_wrote() -> None:
    users = surveyed()["users"]
    assert users["count"] == 3
    assert [(user["name"], user["items"]) for user in users["largest"]] == [("ann", 3), ("ben", 3), ("cyd", 1)]


@pytest.mark.usefixtures("table")
def test_the_engine_tells_what_reading_it_costs() -> None:
    """DynamoDB Local counts a page of a strong scan as the service does: at least one unit."""
    found = surveyed(segments=1)["estimate"]
    assert (found["read_units"], found["units_measured"]) == (1.0, True)


@pytest.mark.usefixtures("table", "small_pages")
def test_half_way_it_says_so_and_tells_what_it_has() -> None:
    run = begin(segments=2)
    work(run.segments.get(number=0).pk)
    half = compile_report(run)
    assert half["complete"] is False
    work(run.segments.get(number=1).pk)
    whole = compile_report(run)
    assert (whole["complete"], whole["items"]) == (True, 7)
    assert half["items"] == run.segments.get(number=0).read
