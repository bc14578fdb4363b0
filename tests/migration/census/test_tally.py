"""Figures of a segment: of fixed size, and taken up again from where they were saved."""

from __future__ import annotations

import json

from chat.codec.faults import FaultCode, MappingFault
from chat.data import Comment
from migration.census import tally as tallies
from migration.census.tally import Tally
from tests.migration.census.surveying import item


def test_users_are_counted_by_their_turns_also_across_a_saved_page() -> None:
    first = Tally()
    for time in ("1.0", "2.0"):
        first.add(item("ann", time), 10)
    first.add(item("ben", "1.0"), 10)
    second = Tally(**json.loads(json.dumps(first.as_json())))
    second.add(item("ben", "2.0"), 30)
    second.add(item("cyd", "1.0"), 10)
    assert second.users == 3
    assert second.users_by_size() == [[2, 20, "ann"], [2, 40, "ben"], [1, 10, "cyd"]]


def test_only_the_largest_users_are_remembered() -> None:
    tally = Tally()
    for number in range(50):
        for time in range(number % 25):
            tally.add(item(f"user {number:02}", f"{time}.0"), 1)
    assert tally.users == 48
    assert len(tally.largest_users) == tallies.LARGEST
    assert tally.users_by_size()[:3] == [[24, 24, "user 24"], [24, 24, "user 49"], [23, 23, "user 23"]]


def test_a_fault_keeps_a_few_keys_that_can_be_printed_and_counts_the_rest() -> None:
    tally = Tally()
    for number in range(9):
        fault = MappingFault(FaultCode.TEXT_UNSTORABLE, "name", "holds a lone surrogate: not UTF-8")
        tally.add_fault(item(f"half \ud800 {number}\0", "1.5"), fault)
    found = tally.faults["text_unstorable"]
    assert (found["items"], len(found["samples"])) == (9, tallies.SAMPLES)
    assert found["samples"][0] == {
        "name": "half \\ud800 0\\x00",
        "time": "1.5",
        "detail": "holds a lone surrogate: not UTF-8",
    }


def test_a_table_that_makes_up_names_of_attributes_does_not_fill_the_memory() -> None:
    tally = Tally()
    for number in range(tallies.ATTRIBUTES + 5):
        tally.add(item("ann", f"{number}.0") | {f"x{number}": {"N": "1"}}, 1)
    tally.add(item("ann", "999.0", x0={"N": "1"}), 1)
    assert len(tally.attributes) == tallies.ATTRIBUTES + 1
    assert tally.attributes["x0"] == 2
    assert tally.attributes[tallies.OTHERS] == 5


def test_an_attribute_too_many_is_seen_where_another_is_missing() -> None:
    tally = Tally()
    odd = item("ann", "1.0", ttl={"N": "1"})
    del odd["comment"]
    tally.add(odd, 1)
    assert tally.attributes == {"ttl": 1}


def test_times_and_spellings() -> None:
    tally = Tally()
    tally.add_mapped(Comment("chat", "ann", 1_700_000_000_500_000, "x"), "1700000000.5")
    tally.add_mapped(Comment("chat", "ann", 1_700_000_001_500_000, "x", "1700000001.50"), "1700000001.50")
    tally.add_mapped(Comment("chat", "ann", 7_000_000, "x", "7"), "7")
    assert (tally.mappable, tally.non_canonical, tally.order_divergent) == (3, 2, 1)
    assert (tally.oldest_us, tally.newest_us) == (7_000_000, 1_700_000_001_500_000)


def test_the_largest_item_is_named() -> None:
    tally = Tally()
    for name, size in (("ann", 10), ("ben", 400_000), ("cyd", 20)):
        tally.add(item(name, "1.0"), size)
    assert (tally.largest_bytes, tally.largest_key, tally.bytes) == (400_000, ["ben", "1.0"], 400_030)
