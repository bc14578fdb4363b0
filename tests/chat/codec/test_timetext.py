from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat.codec.faults import FaultCode, MappingFault
from chat.codec.timetext import (
    MAX_TIME_US,
    MIN_TEN_DIGIT_US,
    canonical,
    is_canonical,
    is_order_divergent,
    lower_bound,
    parse,
    scan_from,
)
from tests.chat.codec.strategies import instants, spellings, spellings_of, ten_digit_instants
from tests.examples import examples

# The machine may be busy: a slow example is no failure.
thorough = settings(max_examples=examples(400), deadline=None)

# The rule as design section 4 words it, and a leading zero belongs to `0` and `0.x` only.
MAPPABLE = re.compile(r"\A(?!0[0-9])[0-9]{1,10}(\.[0-9]{1,6})?\Z")

# Anything a client can put into the path, and often something close to a stored time.
positions = st.one_of(
    st.text(),
    st.text("0123456789.", max_size=20),
    spellings(instants()),
    st.builds(lambda time, cut, end: time[:cut] + end, spellings(instants()), st.integers(0, 17), st.text()),
)


@pytest.mark.parametrize(
    ("time_us", "text"),
    [
        (0, "0.0"),
        (1, "0.000001"),
        (500_000, "0.5"),
        (1_000_000, "1.0"),
        (1_700_000_000_000_000, "1700000000.0"),
        (1_700_000_000_120_000, "1700000000.12"),
        (1_700_000_000_000_010, "1700000000.00001"),
        (1_700_000_000_123_456, "1700000000.123456"),
        (MAX_TIME_US, "9999999999.999999"),
    ],
)
def test_canonical_text_drops_trailing_zeros_but_one(time_us: int, text: str) -> None:
    assert canonical(time_us) == text
    assert parse(text) == time_us
    assert is_canonical(text)


@pytest.mark.parametrize(
    ("text", "time_us"),
    [
        ("0", 0),
        ("1000000", 1_000_000_000_000),
        ("1700000000", 1_700_000_000_000_000),
        ("1700000000.00", 1_700_000_000_000_000),
        ("1.50", 1_500_000),
        ("0.000000", 0),
        ("1700000000.123450", 1_700_000_000_123_450),
    ],
)
def test_other_spellings_are_mappable_and_not_canonical(text: str, time_us: int) -> None:
    assert parse(text) == time_us
    assert not is_canonical(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("test_time", FaultCode.TIME_NOT_A_NUMBER),
        ("", FaultCode.TIME_NOT_A_NUMBER),
        ("1.", FaultCode.TIME_NOT_A_NUMBER),
        (".5", FaultCode.TIME_NOT_A_NUMBER),
        ("1.5.5", FaultCode.TIME_NOT_A_NUMBER),
        ("1_000", FaultCode.TIME_NOT_A_NUMBER),
        ("nan", FaultCode.TIME_NOT_A_NUMBER),
        ("0x10", FaultCode.TIME_NOT_A_NUMBER),
        ("١٧٠٠٠٠٠٠٠٠.٥", FaultCode.TIME_NOT_A_NUMBER),
        ("1700000000.²", FaultCode.TIME_NOT_A_NUMBER),
        ("1,5", FaultCode.TIME_NOT_A_NUMBER),
        ("\ud800", FaultCode.TIME_NOT_A_NUMBER),
        ("-1700000000.5", FaultCode.TIME_SIGNED),
        ("+1700000000.5", FaultCode.TIME_SIGNED),
        ("1.7e9", FaultCode.TIME_EXPONENT),
        ("17E+8", FaultCode.TIME_EXPONENT),
        (" 1700000000.5", FaultCode.TIME_BLANKS),
        ("1700000000.5\n", FaultCode.TIME_BLANKS),
        ("17000 00000.5", FaultCode.TIME_BLANKS),
        ("01700000000.5", FaultCode.TIME_LEADING_ZERO),
        ("00.5", FaultCode.TIME_LEADING_ZERO),
        ("1700000000.1234567", FaultCode.TIME_FRACTION_TOO_LONG),
        ("1700000000.0000000", FaultCode.TIME_FRACTION_TOO_LONG),
        ("1700000000123", FaultCode.TIME_TOO_MANY_DIGITS),
        ("1700000000123456", FaultCode.TIME_TOO_MANY_DIGITS),
        ("10000000000.0", FaultCode.TIME_TOO_MANY_DIGITS),
    ],
)
def test_an_unmappable_text_names_its_reason(text: str, code: FaultCode) -> None:
    with pytest.raises(MappingFault) as caught:
        parse(text)
    assert (caught.value.code, caught.value.attribute) == (code, "time")
    assert not is_canonical(text)


def test_of_several_reasons_the_first_in_the_order_of_the_codes_is_given() -> None:
    with pytest.raises(MappingFault) as caught:
        parse(" -00000000000001.00000000e5")
    assert caught.value.code is FaultCode.TIME_SIGNED


def test_a_fault_shows_a_long_text_escaped_and_cut() -> None:
    with pytest.raises(MappingFault) as caught:
        parse("\n" + "é" * 500)
    shown = "'\\n" + "\\xe9" * 39 + "'"
    assert caught.value.message.startswith(f"{shown}... (501 characters) is not written as digits")


@thorough
@given(instants())
def test_canonical_text_comes_back_as_the_same_instant(time_us: int) -> None:
    assert parse(canonical(time_us)) == time_us
    assert is_canonical(canonical(time_us))
    assert Decimal(canonical(time_us)) == Decimal(time_us).scaleb(-6)


@thorough
@given(instants())
def test_of_all_spellings_of_an_instant_exactly_one_is_canonical(time_us: int) -> None:
    ways = spellings_of(time_us)
    assert [parse(text) for text in ways] == [time_us] * len(ways)
    assert [text for text in ways if is_canonical(text)] == [canonical(time_us)]


@thorough
@given(st.one_of(st.text(), st.text("0123456789.+-eE ", max_size=14)))
def test_any_text_parses_exactly_or_is_a_fault(text: str) -> None:
    try:
        time_us = parse(text)
    except MappingFault:
        assert MAPPABLE.match(text) is None
    else:
        assert text in spellings_of(time_us)


@thorough
@given(ten_digit_instants, ten_digit_instants)
@example(1_700_000_000_000_000, 1_700_000_000_000_001)
@example(1_699_999_999_999_999, 1_700_000_000_000_000)
def test_text_order_is_time_order_for_ten_digit_seconds(one: int, other: int) -> None:
    assert (canonical(one) < canonical(other)) == (one < other)
    assert (canonical(one).encode() < canonical(other).encode()) == (one < other)


@pytest.mark.parametrize(
    ("text", "divergent"),
    [
        ("1700000000.5", False),
        ("1700000000.0", False),
        ("1700000000.50", False),
        ("1700000000", True),
        ("1.5", True),
        ("0", True),
        ("999999999.5", True),
        ("999999999.999999", True),
        ("1234567.123456", True),
    ],
)
def test_texts_that_may_sort_otherwise_than_their_instants_are_divergent(text: str, divergent: bool) -> None:
    assert is_order_divergent(text) is divergent


@pytest.mark.parametrize(
    ("position", "bound"),
    [
        ("", MIN_TEN_DIGIT_US),
        ("1111", 1_111_000_000_000_000),
        ("9", 9_000_000_000_000_000),
        ("1700000000", 1_700_000_000_000_000),
        ("1700000000.", 1_700_000_000_000_000),
        ("1700000000.0", 1_700_000_000_000_001),
        ("1700000000.5", 1_700_000_000_500_001),
        ("1700000000.50", 1_700_000_000_500_001),
        ("1700000000.999999", 1_700_000_001_000_000),
        ("1700000000/", 1_700_000_001_000_000),
        ("-1", MIN_TEN_DIGIT_US),
        ("9999999999.999998", MAX_TIME_US),
        ("9999999999.999999", MAX_TIME_US + 1),
        ("test_time", 10_000_000_000 * 10**6),
        ("😀", MAX_TIME_US + 1),
    ],
)
def test_the_bound_is_the_first_instant_whose_text_is_greater(position: str, bound: int) -> None:
    assert lower_bound(position) == bound
    assert scan_from(position) == bound - 1


@thorough
@given(positions)
def test_no_instant_before_the_bound_is_greater_and_the_bound_is(position: str) -> None:
    bound = lower_bound(position)
    assert MIN_TEN_DIGIT_US <= bound <= MAX_TIME_US + 1
    assert bound == MIN_TEN_DIGIT_US or canonical(bound - 1) <= position
    assert bound == MAX_TIME_US + 1 or canonical(bound) > position


def read_newer(stored: list[str], position: str) -> set[str]:
    """What a CQL read gives: rows from `scan_from` on, kept by their own text (protocol C4)."""
    start = scan_from(position)
    return {text for text in stored if parse(text) >= start and text > position}


@thorough
@given(st.lists(spellings(ten_digit_instants), max_size=30), positions)
@example(["1700000000.50"], "1700000000.5")
@example(["1700000000"], "1700000000")
@example(["1700000000", "1700000000.0", "1700000000.000000"], "1699999999.999999")
@example(["1700000000.999999", "1700000001", "1700000001.00"], "1700000000.999999")
def test_a_scan_from_the_bound_agrees_with_comparing_every_text(stored: list[str], position: str) -> None:
    # As DynamoDB compares: bytes of UTF-8. A position from a URL has no surrogates, hypothesis' text neither.
    expected = {text for text in stored if text.encode() > position.encode()}
    assert read_newer(stored, position) == expected


@thorough
@given(ten_digit_instants, st.data())
def test_every_spelling_is_found_from_every_position_just_around_it(time_us: int, data: st.DataObject) -> None:
    around = range(max(time_us - 1, MIN_TEN_DIGIT_US), min(time_us + 1, MAX_TIME_US) + 1)
    stored = [text for near in around for text in spellings_of(near)]
    position = data.draw(st.sampled_from(stored)) + data.draw(st.sampled_from(["", "0", "00", ".", "/", "!"]))
    assert read_newer(stored, position) == {text for text in stored if text > position}


def test_one_microsecond_below_the_bound_is_needed() -> None:
    stored = "1700000000.50"
    assert stored > "1700000000.5"
    assert parse(stored) < lower_bound("1700000000.5")
    assert read_newer([stored], "1700000000.5") == {stored}
