"""What may be set or accepted, and how the mapping then sees an item."""

from __future__ import annotations

from typing import Any

import pytest

from migration.exceptions import Refused
from migration.quarantine.rules import AS_IN_SOURCE, TAKE_AS_TEXT, Mending
from tests.migration.quarantine.kept import item


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"S": "as it is"}, "as it is"),
        ({"N": "3.50"}, "3.50"),
        ({"BOOL": True}, "true"),
        ({"NULL": True}, "null"),
        ({"B": "AP8="}, "AP8="),
        ({"L": [{"S": "é"}]}, '[{"S": "é"}]'),
    ],
)
def test_taken_as_text(value: dict[str, Any], text: str) -> None:
    seen = Mending(values={}, accepted=[TAKE_AS_TEXT]).applied(item(comment=value))
    assert seen == item(comment={"S": text})


def test_a_value_that_is_set_wins_over_one_taken_as_text() -> None:
    mending = Mending(values={"text": "three", "room": "lost", "time": "1.5"}, accepted=[TAKE_AS_TEXT])
    seen = mending.applied(item(comment={"N": "3"}))
    assert seen == item(time="1.5", comment={"S": "three"}, chat_room={"S": "lost"})


def test_a_rule_names_the_attributes_left_behind() -> None:
    mending = Mending(
        values={}, accepted=["ignore-unknown-attribute:ttl", "ignore-unknown-attribute:a:b", AS_IN_SOURCE]
    )
    assert mending.ignored == {"ttl", "a:b"}


@pytest.mark.parametrize(
    ("values", "accepted", "words"),
    [
        ({"name": "bob"}, [], "there is no value 'name' to set, only room, text, time"),
        ({}, ["as-text"], "'as-text' is no rule"),
        ({}, ["ignore-unknown-attribute:"], "'ignore-unknown-attribute:' is no rule"),
        ({}, ["ignore-unknown-attribute"], "is no rule"),
        ({"room": "é" * 1025}, [], "a room has at most 2048 bytes"),
        ({}, [], "nothing would be fixed"),
    ],
)
def test_what_is_not_known_is_refused(values: dict[str, str], accepted: list[str], words: str) -> None:
    with pytest.raises(Refused, match=words.replace("(", "\\(")):
        Mending(values=values, accepted=accepted)
