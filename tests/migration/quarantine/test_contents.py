"""One content has one digest, in whatever order DynamoDB gives it."""

from __future__ import annotations

from migration.quarantine.contents import digest_of, spelled
from tests.migration.quarantine.kept import item


def test_the_order_of_attributes_and_of_sets_is_no_content() -> None:
    one = item(tags={"SS": ["a", "b"]}, blobs={"BS": [b"x", b"y"]})
    other = dict(reversed(item(blobs={"BS": [b"y", b"x"]}, tags={"SS": ["b", "a"]}).items()))
    assert digest_of(one) == digest_of(other)


def test_the_order_of_a_list_is() -> None:
    one, other = ([{"N": "1"}, {"N": "2"}], [{"N": "2"}, {"N": "1"}])
    assert digest_of(item(likes={"L": one})) != digest_of(item(likes={"L": other}))


def test_an_attribute_named_like_a_type_is_no_set() -> None:
    assert digest_of(item(SS={"L": [{"S": "b"}]})) != digest_of(item(SS={"L": [{"S": "c"}]}))
    assert digest_of({"M": {"SS": [{"S": "b"}, {"S": "a"}]}}) != digest_of({"M": {"SS": [{"S": "a"}, {"S": "b"}]}})


def test_a_kept_item_has_the_digest_of_the_item() -> None:
    """Binary is kept as base64: a row from before there were digests is known by what it keeps."""
    assert digest_of(item(blob={"B": b"\x00\xff"})) == digest_of(item(blob={"B": "AP8="}))


def test_a_key_that_is_no_text_is_spelled_all_the_same() -> None:
    assert spelled({"name": {"N": "7"}}, "name") == '{"N": "7"}'
    assert spelled({}, "name") == ""
