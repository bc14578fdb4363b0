from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat.codec.digest import RoomDigest, comment_digest, day_of
from chat.data import Comment
from tests.chat.codec.strategies import comments, instants
from tests.examples import examples

thorough = settings(max_examples=examples(200), deadline=None)
HELLO = Comment("chat", "ada", 1_500_000, "hello")


def digest_of(fed: list[Comment]) -> RoomDigest:
    digest = RoomDigest()
    for comment in fed:
        digest.add(comment)
    return digest


def test_a_digest_is_blake2b_of_lengths_and_fields() -> None:
    expected = blake2b(b"4:3:3:chatada1.5hello", digest_size=16).digest()
    assert comment_digest(HELLO) == int.from_bytes(expected, "big")


@pytest.mark.parametrize(
    "other",
    [
        replace(HELLO, room="chat2"),
        replace(HELLO, name="adb"),
        replace(HELLO, time_us=1_500_001),
        replace(HELLO, time_raw="1.50"),
        replace(HELLO, text="hello "),
        # The same characters, cut elsewhere.
        Comment("chata", "da", 1_500_000, "hello"),
        Comment("chat", "ada1", 500_000, "hello", ".5"),
    ],
)
def test_a_difference_in_any_field_changes_the_digest(other: Comment) -> None:
    assert comment_digest(other) != comment_digest(HELLO)


def test_no_comment_is_zero_and_one_comment_is_its_own_digest() -> None:
    assert (RoomDigest().count, RoomDigest().hex()) == (0, "0" * 32)
    assert (digest_of([HELLO]).count, int(digest_of([HELLO]).hex(), 16)) == (1, comment_digest(HELLO))


@thorough
@given(st.lists(comments(), max_size=8), st.randoms(), st.integers(0, 8))
def test_order_and_parts_make_no_difference(fed: list[Comment], random: Random, cut: int) -> None:
    shuffled = random.sample(fed, len(fed))
    left, right = digest_of(shuffled[:cut]), digest_of(shuffled[cut:])
    left.merge(right)
    assert left == digest_of(fed)
    assert left.count == len(fed)
    assert len(left.hex()) == 32


def test_a_comment_present_twice_does_not_cancel_itself_out() -> None:
    assert digest_of([HELLO, HELLO]).hex() == f"{2 * comment_digest(HELLO) % 2**128:032x}"
    assert digest_of([HELLO, HELLO]) != RoomDigest(count=2)


def test_the_sum_stays_within_128_bits() -> None:
    full = RoomDigest(count=1, total=2**128 - 1)
    full.add(HELLO)
    assert full.hex() == f"{comment_digest(HELLO) - 1:032x}"
    full.merge(RoomDigest(count=1, total=2**128 - 1))
    assert full == RoomDigest(count=3, total=comment_digest(HELLO) - 2)


def test_a_digest_is_taken_up_again_from_its_saved_count_and_text() -> None:
    saved = digest_of([HELLO])
    assert RoomDigest(saved.count, int(saved.hex(), 16)) == saved


@pytest.mark.parametrize(
    ("time_us", "day"),
    [
        (0, "1970-01-01"),
        (86_399_999_999, "1970-01-01"),
        (86_400_000_000, "1970-01-02"),
        (1_709_164_800_000_000, "2024-02-29"),
        (9_999_999_999_999_999, "2286-11-20"),
    ],
)
def test_a_day_ends_at_midnight_utc(time_us: int, day: str) -> None:
    assert day_of(time_us) == day


@thorough
@given(instants())
@example(1_699_999_999_999_999)
def test_days_agree_with_the_calendar(time_us: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_us)
    assert day_of(time_us) == moment.date().isoformat()
