from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.codec.faults import FaultCode, MappingFault
from chat.codec.items import MAX_AHEAD_US, CollisionFilter, from_item, is_storable, to_item
from chat.codec.timetext import MAX_TIME_US, parse
from chat.data import Comment
from tests.chat.codec.strategies import comments, spellings_of, texts
from tests.examples import examples

thorough = settings(max_examples=examples(300), deadline=None)

NOW_US = 1_800_000_000_000_000
GOOD = {
    "name": {"S": "ada"},
    "time": {"S": "1700000000.5"},
    "comment": {"S": "hello"},
    "chat_room": {"S": "chat"},
}


def changed(**attributes: Any) -> dict[str, Any]:
    """The good item with attributes replaced, or left out where the value is None."""
    return {key: value for key, value in {**GOOD, **attributes}.items() if value is not None}


def fault_of(item: dict[str, Any], **options: Any) -> tuple[FaultCode, str]:
    with pytest.raises(MappingFault) as caught:
        from_item(item, now_us=NOW_US, **options)
    return caught.value.code, caught.value.attribute


def test_a_good_item_is_a_comment_and_back() -> None:
    comment = from_item(GOOD, now_us=NOW_US)
    assert comment == Comment("chat", "ada", 1_700_000_000_500_000, "hello", None)
    assert to_item(comment) == GOOD


def test_another_spelling_of_the_time_is_kept_as_it_is() -> None:
    comment = from_item(changed(time={"S": "1700000000"}), now_us=NOW_US)
    assert comment == Comment("chat", "ada", 1_700_000_000_000_000, "hello", "1700000000")
    assert to_item(comment)["time"] == {"S": "1700000000"}


def test_an_empty_comment_is_mappable() -> None:
    assert from_item(changed(comment={"S": ""}), now_us=NOW_US).text == ""


@thorough
@given(comments())
def test_every_comment_comes_back_from_its_item(comment: Comment) -> None:
    assert from_item(to_item(comment), now_us=MAX_TIME_US) == comment


UNMAPPABLE: list[tuple[dict[str, Any], FaultCode, str]] = [
    ({"name": None}, FaultCode.MISSING_NAME, "name"),
    ({"name": {"S": ""}}, FaultCode.MISSING_NAME, "name"),
    ({"name": {"B": b"ada"}}, FaultCode.NAME_NOT_TEXT, "name"),
    ({"time": None}, FaultCode.MISSING_TIME, "time"),
    ({"time": {"S": ""}}, FaultCode.MISSING_TIME, "time"),
    ({"time": {"N": "1700000000.5"}}, FaultCode.TIME_NOT_TEXT, "time"),
    ({"chat_room": None}, FaultCode.MISSING_CHAT_ROOM, "chat_room"),
    ({"chat_room": {"S": ""}}, FaultCode.MISSING_CHAT_ROOM, "chat_room"),
    ({"chat_room": {"N": "7"}}, FaultCode.CHAT_ROOM_NOT_TEXT, "chat_room"),
    ({"comment": None}, FaultCode.MISSING_COMMENT, "comment"),
    ({"comment": {"N": "5"}}, FaultCode.COMMENT_NOT_TEXT, "comment"),
    ({"comment": {"L": [{"S": "a"}]}}, FaultCode.COMMENT_NOT_TEXT, "comment"),
    ({"comment": {"M": {}}}, FaultCode.COMMENT_NOT_TEXT, "comment"),
    ({"comment": {"B": b"\xff"}}, FaultCode.COMMENT_NOT_TEXT, "comment"),
    ({"comment": {"SS": ["a"]}}, FaultCode.COMMENT_NOT_TEXT, "comment"),
    ({"comment": {"BOOL": True}}, FaultCode.COMMENT_NOT_TEXT, "comment"),
    ({"comment": {"NULL": True}}, FaultCode.COMMENT_NOT_TEXT, "comment"),
    ({"time": {"S": "test_time"}}, FaultCode.TIME_NOT_A_NUMBER, "time"),
    ({"time": {"S": "-1.5"}}, FaultCode.TIME_SIGNED, "time"),
    ({"time": {"S": "1.7e9"}}, FaultCode.TIME_EXPONENT, "time"),
    ({"time": {"S": "1700000000.5 "}}, FaultCode.TIME_BLANKS, "time"),
    ({"time": {"S": "01.5"}}, FaultCode.TIME_LEADING_ZERO, "time"),
    ({"time": {"S": "1700000000.1234567"}}, FaultCode.TIME_FRACTION_TOO_LONG, "time"),
    ({"time": {"S": "1700000000123"}}, FaultCode.TIME_TOO_MANY_DIGITS, "time"),
    ({"time": {"S": "1800003600.000001"}}, FaultCode.TIME_IN_FUTURE, "time"),
    ({"comment": {"S": "half \ud83d of a pair"}}, FaultCode.TEXT_UNSTORABLE, "comment"),
    ({"name": {"S": "\udc00"}}, FaultCode.TEXT_UNSTORABLE, "name"),
    ({"chat_room": {"S": "\udfff"}}, FaultCode.TEXT_UNSTORABLE, "chat_room"),
    ({"likes": {"N": "3"}}, FaultCode.UNKNOWN_ATTRIBUTE, "likes"),
]


@pytest.mark.parametrize(("attributes", "code", "attribute"), UNMAPPABLE)
def test_an_unmappable_item_names_its_reason(attributes: dict[str, Any], code: FaultCode, attribute: str) -> None:
    assert fault_of(changed(**attributes)) == (code, attribute)


def test_only_a_collision_takes_more_than_the_item_itself_to_see() -> None:
    assert set(FaultCode) - {code for _, code, _ in UNMAPPABLE} == {FaultCode.KEY_COLLISION}


def test_of_several_reasons_the_first_in_the_order_of_the_codes_is_given() -> None:
    item = changed(time={"S": "-1"}, comment={"S": "\ud800"}, likes={"N": "3"})
    assert fault_of(item) == (FaultCode.TIME_SIGNED, "time")
    assert fault_of({**item, "time": {"S": "1900000000.5"}}) == (FaultCode.TIME_IN_FUTURE, "time")
    assert fault_of({**item, "time": {"S": "1700000000.5"}}) == (FaultCode.TEXT_UNSTORABLE, "comment")
    assert fault_of({}) == (FaultCode.MISSING_NAME, "name")


def test_a_time_is_in_the_future_from_one_microsecond_past_the_hour() -> None:
    at_the_edge = changed(time={"S": "1800003600.0"})
    assert from_item(at_the_edge, now_us=NOW_US).time_us == NOW_US + MAX_AHEAD_US
    with pytest.raises(MappingFault, match="more than an hour ahead"):
        from_item(at_the_edge, now_us=NOW_US - 1)


def test_an_accepted_attribute_is_left_behind_and_only_that() -> None:
    item = changed(expires={"N": "1900000000"}, likes={"N": "3"})
    accepted = frozenset({"expires", "likes"})
    assert from_item(item, now_us=NOW_US, ignored=accepted) == from_item(GOOD, now_us=NOW_US)
    assert fault_of(item, ignored=frozenset({"expires"})) == (FaultCode.UNKNOWN_ATTRIBUTE, "likes")


def test_an_accepted_attribute_does_not_stand_in_for_a_missing_one() -> None:
    item = changed(comment=None, expires={"N": "1900000000"})
    assert fault_of(item, ignored=frozenset({"expires"})) == (FaultCode.MISSING_COMMENT, "comment")


def test_many_unknown_attributes_are_named_in_order_and_cut() -> None:
    with pytest.raises(MappingFault) as caught:
        from_item(changed(**{letter: {"S": ""} for letter in "gfedcba"}), now_us=NOW_US)
    assert caught.value.attribute == "a"
    assert caught.value.message == "no column for 'a', 'b', 'c', 'd', 'e', ..."


@thorough
@given(texts)
def test_all_that_utf8_can_spell_is_storable(text: str) -> None:
    assert is_storable(text)
    assert not is_storable(text + "\ud800")


def spelled(time: str, *, name: str = "ada", room: str = "chat") -> Comment:
    return from_item(changed(time={"S": time}, name={"S": name}, chat_room={"S": room}), now_us=NOW_US)


def collisions(scanned: list[Comment], collision_filter: CollisionFilter | None = None) -> list[Comment]:
    judge = collision_filter or CollisionFilter()
    return [comment for comment in scanned if collides(judge, comment)]


def collides(judge: CollisionFilter, comment: Comment) -> bool:
    try:
        judge.admit(comment)
    except MappingFault as fault:
        return (fault.code, fault.attribute) == (FaultCode.KEY_COLLISION, "time")
    return False


def test_of_two_spellings_the_later_one_collides() -> None:
    assert collisions([spelled("1.5"), spelled("1.50")]) == [spelled("1.50")]


def test_a_spelling_without_a_dot_collides_with_the_canonical_one() -> None:
    scanned = [spelled("1"), spelled("1.0"), spelled("1.00")]
    assert collisions(scanned) == scanned[1:]


def test_a_collision_names_both_spellings() -> None:
    judge = CollisionFilter()
    judge.admit(spelled("1.5"))
    with pytest.raises(MappingFault) as caught:
        judge.admit(spelled("1.50"))
    assert str(caught.value) == "key_collision (time): '1.50' is the instant of '1.5', same name, same room"


def test_the_same_instant_in_another_room_is_another_key() -> None:
    # Three rooms at one instant, one spelling coming back in the first room (protocol T1: keys differ).
    scanned = [
        spelled("1.5", room="a"),
        spelled("1.50", room="b"),
        spelled("1.500", room="c"),
        spelled("1.5000", room="a"),
    ]
    assert collisions(scanned) == [scanned[3]]


def test_another_name_or_another_instant_is_no_collision() -> None:
    assert collisions([spelled("1.5"), spelled("1.50", name="bob"), spelled("1.51", name="bob")]) == []


def test_the_same_item_seen_again_is_no_collision() -> None:
    assert collisions([spelled("1.5"), spelled("1.5"), spelled("1.50"), spelled("1.5")]) == [spelled("1.50")]


def test_a_scan_taken_up_again_between_two_spellings_still_finds_the_second() -> None:
    first = CollisionFilter()
    assert collisions([spelled("1.50", room="a"), spelled("1.500", room="b")], first) == []
    assert first.remembered() == (("a", "ada", "1.50"), ("b", "ada", "1.500"))
    resumed = CollisionFilter(remembered=[list(key) for key in first.remembered()])
    assert collisions([spelled("1.5000", room="b")], resumed) == [spelled("1.5000", room="b")]
    assert collisions([spelled("1.5000", room="b")], CollisionFilter()) == []


# Texts that sort between or next to spellings, most of them unmappable.
noise = st.builds(
    lambda time_us, way, end: spellings_of(time_us)[way % len(spellings_of(time_us))] + end,
    st.integers(0, 3).map(lambda halves: halves * 500_000),
    st.integers(0, 6),
    st.sampled_from(["", "", "", "-", "!", ".", "/", "0", ":", " ", "\0", "0!", "x"]),
)


@thorough
@given(st.dictionaries(st.tuples(st.sampled_from("ab"), noise), st.sampled_from("xy"), max_size=40))
def test_the_filter_agrees_with_remembering_every_key(table: dict[tuple[str, str], str]) -> None:
    # As DynamoDB scans: a name's items together, in byte order of the time text.
    scanned, taken, expected = [], set(), []
    for (name, time), room in sorted(table.items(), key=lambda row: (row[0][0], row[0][1].encode())):
        try:
            comment = spelled(time, name=name, room=room)
        except MappingFault:
            continue
        scanned.append(comment)
        key = (room, parse(time), name)
        expected += [comment] if key in taken else []
        taken.add(key)
    assert collisions(scanned) == expected
