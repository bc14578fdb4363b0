"""Which spelling of an instant takes its key, where they are met in any order."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.codec.items import CollisionFilter
from chat.codec.timetext import is_canonical, parse
from migration.backfill.mapping import map_page
from migration.backfill.spellings import ShorterSpellings, shorter

SPELLINGS = ("1600000000", "1600000000.0", "1600000000.00", "1600000000.000000")


def item(time: str, *, name: str = "ann", room: str = "chat", **more: Any) -> dict[str, Any]:
    texts = {"name": name, "time": time, "chat_room": room, "comment": time}
    return {attribute: {"S": text} for attribute, text in texts.items()} | more


def admitted(page: list[dict[str, Any]], table: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """(name, time) of what passes; `table` is all that can be asked for by key."""
    by_key = {(one["name"]["S"], one["time"]["S"]): one for one in table}

    def read(keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
        wanted = [(key["name"]["S"], key["time"]["S"]) for key in keys]
        return [by_key[key] for key in wanted if key in by_key]

    mapped = map_page(page, ShorterSpellings(page, read))
    assert {fault.code.value for _, fault in mapped.faults} <= {"key_collision"}
    return {(comment.name, comment.time) for comment in mapped.comments}


@pytest.mark.parametrize(
    ("time", "found"),
    [
        ("1600000000.5", []),
        ("1600000000", []),
        ("1600000000.0", ["1600000000"]),
        ("1600000000.00", ["1600000000.0", "1600000000"]),
        ("1600000000.500", ["1600000000.50", "1600000000.5"]),
        ("1600000000.05", []),
        ("10", []),
    ],
)
def test_shorter_spellings_of_an_instant(time: str, found: list[str]) -> None:
    assert list(shorter(time)) == found


@given(st.integers(0, 2_000_000_000_000_000), st.integers(0, 6))
def test_shorter_spellings_mean_the_same_instant_and_end_where_none_is_shorter(time_us: int, decimals: int) -> None:
    seconds, fraction = divmod(time_us, 1_000_000)
    time = f"{seconds}.{fraction:06d}"
    found = list(shorter(time))
    assert {parse(text) for text in found} <= {time_us}
    shortest = found[-1] if found else time
    assert is_canonical(shortest) or is_canonical(f"{shortest}.0")


@pytest.mark.parametrize("order", list(permutations(SPELLINGS))[::5])
def test_the_shortest_spelling_takes_the_key_in_whatever_order_they_come(order: tuple[str, ...]) -> None:
    page = [item(time) for time in order]
    assert admitted(page, page) == {("ann", "1600000000")}


def test_the_shorter_spelling_need_not_be_on_the_page() -> None:
    assert admitted([item("1600000000.50")], [item("1600000000.5"), item("1600000000.50")]) == set()


def test_other_names_and_other_rooms_take_no_key() -> None:
    page = [item("1600000000.50")]
    others = [item("1600000000.5", name="bob"), item("1600000000.5", room="elsewhere")]
    assert admitted(page, [*page, *others]) == {("ann", "1600000000.50")}


def test_a_shorter_spelling_that_cannot_be_mapped_takes_no_key() -> None:
    broken = item("1600000000.5", colour={"S": "red"})
    assert admitted([item("1600000000.50")], [broken]) == {("ann", "1600000000.50")}


def test_ordinary_texts_ask_for_nothing() -> None:
    def read(keys: object) -> list[dict[str, Any]]:
        raise AssertionError("nothing to ask for")

    ShorterSpellings([item("1600000000.123456"), item("1600000000.5"), item("test_time")], read)


@given(st.sets(st.tuples(st.sampled_from(SPELLINGS), st.sampled_from(["ann", "bob"])), max_size=8))
def test_it_admits_what_a_table_scan_admits(keys: set[tuple[str, str]]) -> None:
    """A scan meets each name's items in text order."""
    page = [item(time, name=name) for time, name in keys]
    scanned = map_page(sorted(page, key=lambda one: (one["name"]["S"], one["time"]["S"])), CollisionFilter())
    assert admitted(page, page) == {(comment.name, comment.time) for comment in scanned.comments}
