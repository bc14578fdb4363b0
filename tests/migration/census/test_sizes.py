"""Sizes of items by DynamoDB's published rules."""

from __future__ import annotations

from typing import Any

import pytest

from migration.census.sizes import item_bytes, value_bytes


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": ""}, 0),
        ({"S": "abc"}, 3),
        ({"S": "ä"}, 2),
        ({"S": "\ud83d"}, 3),
        ({"N": "0"}, 1),
        ({"N": "12345"}, 4),
        ({"N": "-12345"}, 5),
        ({"N": "1200"}, 2),
        ({"N": "0.0012"}, 2),
        ({"N": "1.5E+10"}, 2),
        ({"B": b"\x00\xff"}, 2),
        ({"NULL": True}, 1),
        ({"BOOL": False}, 1),
        ({"SS": ["a", "bc"]}, 3),
        ({"NS": ["1", "22"]}, 4),
        ({"BS": [b"a", b"bcd"]}, 4),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"N": "1"}]}, 9),
        ({"M": {}}, 3),
        ({"M": {"key": {"S": "ab"}}}, 9),
    ],
)
def test_each_type_counts_as_the_rules_say(value: dict[str, Any], size: int) -> None:
    assert value_bytes(value) == size


def test_names_of_attributes_count_too() -> None:
    item = {"name": {"S": "ann"}, "time": {"S": "1.5"}, "chat_room": {"S": "chat"}, "comment": {"S": "hello"}}
    assert item_bytes(item) == 4 + 3 + 4 + 3 + 9 + 4 + 7 + 5


def test_a_type_that_does_not_exist_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="no type 'X'"):
        value_bytes({"X": 1})
