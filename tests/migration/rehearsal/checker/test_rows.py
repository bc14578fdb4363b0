from typing import Any

import pytest

from migration.rehearsal.checker.rows import Image, Key, Row, digest_item, stored_item, stored_row

ITEM: dict[str, dict[str, Any]] = {
    "name": {"S": "ada"},
    "time": {"S": "1.5"},
    "chat_room": {"S": "chat"},
    "comment": {"S": "hello"},
}


def test_one_comment_is_the_same_from_either_store() -> None:
    row = Row(room="chat", name="ada", time="1.5", comment="hello")

    assert stored_item(ITEM) == stored_row(row)


def test_the_order_of_attributes_and_of_set_members_does_not_matter() -> None:
    one: dict[str, dict[str, object]] = {
        "a": {"S": "x"},
        "b": {"SS": ["p", "q"]},
        "c": {"BS": [b"\x00", b"\xff"]},
    }
    two: dict[str, dict[str, object]] = {
        "c": {"BS": [b"\xff", b"\x00"]},
        "b": {"SS": ["q", "p"]},
        "a": {"S": "x"},
    }

    assert digest_item(one) == digest_item(two)


@pytest.mark.parametrize(
    "other",
    [
        {"S": "hello "},
        {"S": "Hello"},
        {"B": b"hello"},
        {"L": [{"S": "hello"}]},
        {"M": {"S": {"S": "hello"}}},
        {"NULL": True},
    ],
)
def test_another_text_or_type_is_another_digest(other: dict[str, Any]) -> None:
    assert digest_item({**ITEM, "comment": other}) != digest_item(ITEM)


def test_the_order_of_a_list_does_matter() -> None:
    assert digest_item({"a": {"L": [{"S": "p"}, {"S": "q"}]}}) != digest_item({"a": {"L": [{"S": "q"}, {"S": "p"}]}})


@pytest.mark.parametrize("change", [{"likes": {"N": "1"}}, {"comment": {"N": "1"}}])
def test_what_is_not_a_plain_comment_has_no_row(change: dict[str, Any]) -> None:
    stored = stored_item({**ITEM, **change})

    assert (stored.key, stored.row) == (Key("ada", "1.5"), None)


def test_an_image_keeps_both_rooms_of_one_key() -> None:
    rows = [Row("a", "ada", "1.5", "x"), Row("b", "ada", "1.5", "x")]
    image = Image("scylla").add(stored_row(row) for row in rows)

    assert [stored.row for stored in image.entries[Key("ada", "1.5")]] == rows


def test_a_key_is_shown_with_its_letters_and_without_line_breaks() -> None:
    assert str(Key("千代\n", "1.5")) == '("千代\\n", 1.5)'
