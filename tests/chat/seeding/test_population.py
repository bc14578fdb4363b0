"""Names and places: how many, how different, and how unevenly used."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.seeding.population import ROOM, Rooms, Skewed, room_names, user_names
from tests.examples import examples


@pytest.mark.parametrize("count", [1, 2, 9, 10, 500])
def test_names_are_as_many_as_asked_and_all_different(count: int) -> None:
    assert room_names(count)[0] == ROOM
    assert len(set(room_names(count))) == count
    assert len(set(user_names(count))) == count


def test_names_are_not_all_plain_letters() -> None:
    assert any(not name.isascii() for name in user_names(10))
    assert any("/" in name for name in room_names(10))


def test_the_first_is_drawn_far_more_often_than_the_last() -> None:
    rng = Random(1)
    drawn = Counter(Skewed(["a", "b", "c", "d", "e"]).draw(rng) for _ in range(1000))
    assert list(dict(drawn.most_common())) == ["a", "b", "c", "d", "e"]
    assert drawn["a"] > 4 * drawn["e"]


def test_distinct_draws_end_when_all_are_drawn() -> None:
    assert sorted(Skewed(["a", "b", "c"]).draw_distinct(Random(1), 9)) == ["a", "b", "c"]


@given(
    rooms=st.integers(1, 60),
    extra=st.integers(0, 400),
    seed=st.integers(0, 2**32),
    size=st.integers(1, 9),
)
@settings(max_examples=examples(200), deadline=None)
def test_every_room_gets_its_share_whatever_the_numbers(rooms: int, extra: int, seed: int, size: int) -> None:
    comments = 2 * rooms + extra
    rng = Random(seed)
    places = Rooms(room_names(rooms), comments=comments)
    placed: Counter[str] = Counter()
    while placed.total() < comments:
        room, taken = places.place(rng, size)
        assert 1 <= taken <= size
        placed[room] += taken
        # At any moment, so that a run cut short has its tenth as well.
        assert 10 * placed[ROOM] >= placed.total()
    assert placed.total() == comments
    assert placed.keys() == set(room_names(rooms))
    if rooms > 1:
        assert 1 in placed.values()
