import time

import pytest

from migration.rehearsal.traffic.instants import is_issued, microseconds_of, now_text, text_of


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (1_700_000_000_000_000, "1700000000.0"),
        (1_700_000_000_500_000, "1700000000.5"),
        (1_700_000_000_000_001, "1700000000.000001"),
        (1_700_000_000_120_000, "1700000000.12"),
    ],
)
def test_text_and_microseconds_are_one_instant(microseconds: int, text: str) -> None:
    assert text_of(microseconds) == text
    assert microseconds_of(text) == microseconds


def test_now_is_issued_and_far_ahead_is_not() -> None:
    now_us = time.time_ns() // 1000

    assert is_issued(now_text())
    assert is_issued(text_of(now_us + 2_000_000))
    assert not is_issued(text_of(now_us + 60_000_000))


@pytest.mark.parametrize(
    "text", ["test_time", "1000000", "1700000000", "1700000000.50", "170000000.5", "17000000000.5"]
)
def test_other_texts_of_a_real_table_are_not_issued(text: str) -> None:
    assert not is_issued(text)
