"""Counts by room and day, added up in the control database."""

from __future__ import annotations

import pytest

from chat.data import Comment
from migration.census.roomdays import DAY_US, RoomDays, room_key
from migration.models import CensusRoomDay
from tests.migration.bed import Bed
from tests.migration.census.surveying import begin

pytestmark = pytest.mark.usefixtures("bed")


def page(*comments: tuple[str, int, int]) -> RoomDays:
    days = RoomDays()
    for room, time_us, size in comments:
        days.add(Comment(room, "ann", time_us, "x"), size)
    return days


def rows() -> list[tuple[str, int, int, int]]:
    return sorted(CensusRoomDay.objects.values_list("room", "day", "items", "bytes"))


def test_pages_add_up() -> None:
    run = begin()
    page(("a", 0, 10), ("a", DAY_US - 1, 5), ("a", DAY_US, 7), ("b", 3, 1)).flush(run.pk)
    page(("a", 1, 100), ("c", 5 * DAY_US, 2)).flush(run.pk)
    assert rows() == [("a", 0, 3, 115), ("a", 1, 1, 7), ("b", 0, 1, 1), ("c", 5, 1, 2)]


def test_rooms_of_two_censuses_are_apart() -> None:
    first = begin()
    page(("a", 0, 10)).flush(first.pk)
    first.state = "done"
    first.save()
    page(("a", 0, 10)).flush(begin().pk)
    assert rows() == [("a", 0, 1, 10), ("a", 0, 1, 10)]


def test_a_room_that_no_database_holds_as_it_is_comes_back_as_it_was(bed: Bed) -> None:
    page(("nul \0 and \\0", 0, 1)).flush(begin().pk)
    assert CensusRoomDay.objects.get().room == "nul \0 and \\0"


def test_an_empty_page_writes_nothing() -> None:
    page().flush(begin().pk)
    assert rows() == []


def test_long_rooms_that_begin_alike_have_keys_of_their_own() -> None:
    assert room_key("a" * 2000) != room_key("a" * 1999 + "b")
    assert len(room_key("a" * 2000)) == 32
