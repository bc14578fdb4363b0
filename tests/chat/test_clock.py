from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.clock import Clock, wall_us
from tests.examples import examples

thorough = settings(max_examples=examples(200), deadline=None)
WALL = 1_700_000_000_000_000


def showing(*readings: int) -> Callable[[], int]:
    """Wall time as a test wants it: the machine's own cannot be set back here."""
    following: Iterator[int] = iter(readings)
    return lambda: next(following)


def test_an_instant_is_the_first_of_its_slot_not_behind_wall_time() -> None:
    assert Clock(7, now=showing(WALL)).next() == WALL + 7
    assert Clock(7, now=showing(WALL + 7)).next() == WALL + 7
    assert Clock(7, now=showing(WALL + 8)).next() == WALL + 107


def test_calls_within_one_round_of_slots_take_the_following_rounds() -> None:
    clock = Clock(0, now=showing(WALL, WALL, WALL + 99))
    assert [clock.next() for _ in range(3)] == [WALL, WALL + 100, WALL + 200]


def test_when_wall_time_jumps_back_the_clock_goes_on_from_its_last() -> None:
    clock = Clock(0, now=showing(WALL, WALL - 3_600_000_000, 0, WALL + 1_000))
    assert [clock.next() for _ in range(4)] == [WALL, WALL + 100, WALL + 200, WALL + 1_000]


@thorough
@given(st.integers(2, 1000), st.integers(0, 999), st.lists(st.integers(WALL - 5_000, WALL + 5_000), min_size=1))
def test_whatever_wall_time_does_instants_increase_in_the_slot(slots: int, draw: int, readings: list[int]) -> None:
    slot = draw % slots
    clock = Clock(slot, slots, now=showing(*readings))
    issued = [clock.next() for _ in readings]
    assert all(earlier < later for earlier, later in pairwise(issued))
    assert {instant % slots for instant in issued} == {slot}
    assert all(instant >= reading for instant, reading in zip(issued, readings, strict=True))


@thorough
@given(
    st.tuples(st.integers(0, 99), st.integers(0, 99)).filter(lambda pair: pair[0] != pair[1]),
    st.lists(st.integers(WALL, WALL + 300), min_size=1, max_size=40),
    st.lists(st.integers(WALL, WALL + 300), min_size=1, max_size=40),
)
def test_two_slots_never_issue_the_same_instant(pair: tuple[int, int], a: list[int], b: list[int]) -> None:
    one, other = Clock(pair[0], now=showing(*a)), Clock(pair[1], now=showing(*b))
    assert {one.next() for _ in a}.isdisjoint({other.next() for _ in b})


def test_threads_get_increasing_instants_and_never_the_same() -> None:
    clock = Clock(42)

    def draw(_: int) -> list[int]:
        return [clock.next() for _ in range(2_000)]

    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(draw, range(8)))
    assert all(mine == sorted(mine) for mine in drawn)
    assert len({instant for mine in drawn for instant in mine}) == 16_000
    assert {instant % 100 for mine in drawn for instant in mine} == {42}


def test_two_threads_that_read_wall_time_together_get_different_instants() -> None:
    # Wall time is slow to read here, so without the lock both threads would go on from the same last instant.
    def slow() -> int:
        time.sleep(0.02)
        return WALL

    clock = Clock(0, now=slow)
    with ThreadPoolExecutor(4) as pool:
        issued = list(pool.map(lambda _: clock.next(), range(4)))
    assert sorted(issued) == [WALL, WALL + 100, WALL + 200, WALL + 300]


def test_a_floor_keeps_the_clock_above_an_earlier_holder_of_the_slot() -> None:
    clock = Clock(5, now=showing(WALL, WALL, WALL + 10_000))
    clock.raise_floor(WALL + 1_005)
    assert [clock.next() for _ in range(3)] == [WALL + 1_105, WALL + 1_205, WALL + 10_005]


def test_a_lower_floor_changes_nothing() -> None:
    clock = Clock(0, now=showing(WALL, WALL))
    clock.next()
    clock.raise_floor(WALL - 1)
    assert clock.next() == WALL + 100


@pytest.mark.parametrize(("slot", "slots"), [(-1, 100), (100, 100), (5, 5), (0, 0), (0, -1)])
def test_a_slot_outside_the_range_is_refused(slot: int, slots: int) -> None:
    with pytest.raises(ValueError, match="slot"):
        Clock(slot, slots)


def test_the_clock_runs_on_wall_time_in_microseconds() -> None:
    before = time.time_ns() // 1_000
    instant = Clock(0).next()
    assert before <= instant <= time.time_ns() // 1_000 + 100
    assert before <= wall_us() <= time.time_ns() // 1_000
