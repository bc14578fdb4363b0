"""How a page ends, and what a position is."""

from __future__ import annotations

import pytest

from chat.data import Comment, Page, Position
from chat.exceptions import StoreRefused
from chat.stores.paging import by_room, instant_of, page_of

COMMENTS = [Comment(f"room {i}", f"name {i}", i * 500_000, "", None) for i in (3, 2, 1)]


def test_next_is_none_exactly_when_nothing_follows() -> None:
    assert page_of(COMMENTS, 3) == Page(tuple(COMMENTS), None)
    assert page_of(COMMENTS, 2) == Page(tuple(COMMENTS[:2]), Position("1.0", "name 2"))
    assert page_of([], 2) == Page((), None)


def test_a_users_position_names_the_room() -> None:
    assert page_of(COMMENTS, 1, tie=by_room).next == Position("1.5", "room 3")


def test_a_page_looks_no_further_than_one_comment_more() -> None:
    comments = iter(COMMENTS)
    page_of(comments, 1)
    assert list(comments) == COMMENTS[2:]


def test_a_position_that_no_page_gave_is_refused() -> None:
    assert instant_of(Position("1.50", "n"), store="memory") == 1_500_000
    with pytest.raises(StoreRefused, match="not the position"):
        instant_of(Position("test_time", "n"), store="memory")
