"""Rooms from the rows that the workers spilled."""

from __future__ import annotations

import pytest

from migration.census import rooms
from migration.census.roomdays import room_key
from migration.census.tally import LARGEST
from migration.models import CensusRoomDay, Run
from tests.migration.census.surveying import begin

pytestmark = pytest.mark.usefixtures("bed")


def spilled(*rows: tuple[str, int, int, int]) -> Run:
    run = begin()
    for room, day, items, size in rows:
        CensusRoomDay.objects.create(run=run, key=room_key(room), room=room, day=day, items=items, bytes=size)
    return run


def test_the_largest_by_bytes_come_first_and_the_rest_is_counted() -> None:
    run = spilled(*[(f"room {number}", 1, 1, number) for number in range(30)])
    assert rooms.count(run) == 30
    assert [row["room"] for row in rooms.largest(run)] == [f"room {number}" for number in range(29, 29 - LARGEST, -1)]


def test_names_are_shown_as_they_can_be_printed() -> None:
    run = spilled(("nul \0", 0, 1, 1))
    assert rooms.largest(run) == [{"room": "nul \\x00", "items": 1, "bytes": 1, "days": 1}]
    assert rooms.largest_days(run) == [{"room": "nul \\x00", "day": "1970-01-01", "items": 1, "bytes": 1}]


def test_of_an_empty_table_there_is_nothing() -> None:
    run = spilled()
    assert rooms.most(run) == {"room_items": 0, "room_bytes": 0, "day_items": 0, "day_bytes": 0}
    assert rooms.ties(run) == {"instants": 0, "items": 0}
