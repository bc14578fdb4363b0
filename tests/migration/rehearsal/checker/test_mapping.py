"""The checker's reading of the mapping by itself, and against the service's own: both must agree."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.codec.faults import MappingFault
from chat.codec.items import from_item
from chat.codec.timetext import canonical as codec_canonical
from migration.rehearsal.checker.mapping import canonical, fault, microseconds
from tests.examples import examples

NOW_US = 1_800_000_000_000_000
GOOD: dict[str, dict[str, Any]] = {
    "name": {"S": "ada"},
    "time": {"S": "1700000000.5"},
    "chat_room": {"S": "chat"},
    "comment": {"S": ""},
}

times = st.one_of(
    st.from_regex(r"\A[-+]?[0-9]{0,12}(\.[0-9]{0,8})?([eE][-+]?[0-9])?\Z"),
    st.from_regex(r"\A\s?[0-9]{1,11}\s?(\.[0-9]{1,7})?\s?\Z"),
    st.integers(NOW_US - 10, NOW_US + 2 * 3_600_000_000).map(codec_canonical),
    st.text(max_size=12),
)
values = st.one_of(
    st.text(max_size=5).map(lambda text: {"S": text}),
    st.just({"S": "\ud800"}),
    st.just({"N": "5"}),
    st.just({"NULL": True}),
    st.just({"L": [{"S": "a"}]}),
)


def without(name: str) -> dict[str, Any]:
    return {attribute: value for attribute, value in GOOD.items() if attribute != name}


@pytest.mark.parametrize(
    ("text", "time_us"),
    [
        ("0", 0),
        ("0.000001", 1),
        ("1.5", 1_500_000),
        ("1.50", 1_500_000),
        ("1000000", 1_000_000_000_000),
        ("9999999999.999999", 9_999_999_999_999_999),
        ("01", None),
        ("1.", None),
        (".5", None),
        ("1.5\n", None),
        ("12345678901", None),
        ("1.1234567", None),
        ("1e5", None),
        ("-1", None),
        ("١", None),
    ],
)
def test_reads_a_time_text(text: str, time_us: int | None) -> None:
    assert microseconds(text) == time_us


@pytest.mark.parametrize(
    ("time_us", "text"),
    [(0, "0.0"), (1, "0.000001"), (1_500_000, "1.5"), (10_000_000, "10.0"), (1_020_300, "1.0203")],
)
def test_spells_an_instant(time_us: int, text: str) -> None:
    assert canonical(time_us) == text


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (GOOD, None),
        (without("comment"), "missing_comment"),
        (without("chat_room"), "missing_chat_room"),
        ({**GOOD, "chat_room": {"S": ""}}, "missing_chat_room"),
        ({**GOOD, "comment": {"NULL": True}}, "comment_not_text"),
        ({**GOOD, "likes": {"N": "1"}}, "unknown_attribute"),
        ({**GOOD, "comment": {"S": "\ud83d"}}, "text_unstorable"),
        ({**GOOD, "time": {"S": "test_time"}}, "time_not_a_number"),
        ({**GOOD, "time": {"S": "-1.5"}}, "time_signed"),
        ({**GOOD, "time": {"S": "1.7e9"}}, "time_exponent"),
        ({**GOOD, "time": {"S": " 1.5"}}, "time_blanks"),
        ({**GOOD, "time": {"S": "01.5"}}, "time_leading_zero"),
        ({**GOOD, "time": {"S": "1.1234567"}}, "time_fraction_too_long"),
        ({**GOOD, "time": {"S": "1700000000000"}}, "time_too_many_digits"),
        ({**GOOD, "time": {"S": "1800003600.0"}}, None),
        ({**GOOD, "time": {"S": "1800003600.000001"}}, "time_in_future"),
    ],
)
def test_names_the_reason_an_item_is_quarantined_for(item: dict[str, Any], reason: str | None) -> None:
    assert fault(item, now_us=NOW_US) == reason


@settings(max_examples=examples(400), deadline=None)
@given(time=times, room=values, comment=values, dropped=st.sets(st.sampled_from(["chat_room", "comment"])))
def test_agrees_with_the_service_on_any_item(
    time: str, room: dict[str, Any], comment: dict[str, Any], dropped: set[str]
) -> None:
    full = {**GOOD, "time": {"S": time or "x"}, "chat_room": room, "comment": comment}
    item = {name: value for name, value in full.items() if name not in dropped}

    reason = fault(item, now_us=NOW_US)
    if reason is not None:
        with pytest.raises(MappingFault) as refused:
            from_item(item, now_us=NOW_US)
        assert refused.value.code.value == reason
    else:
        mapped = from_item(item, now_us=NOW_US)
        assert (microseconds(time), canonical(mapped.time_us)) == (
            mapped.time_us,
            codec_canonical(mapped.time_us),
        )
