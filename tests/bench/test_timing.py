from __future__ import annotations

import time

import pytest

from bench.timing import MS, US, rate, timed


def test_a_call_is_timed_in_the_unit_asked_for() -> None:
    assert 20.0 <= timed(lambda: time.sleep(0.02), unit=MS) < 200.0
    assert 20_000.0 <= timed(lambda: time.sleep(0.02), unit=US) < 200_000.0


def test_a_rate_is_things_per_second() -> None:
    # Fifty in at least 20 ms are at most 2,500 a second.
    assert 250.0 < rate(lambda: time.sleep(0.02), count=50) <= 2500.0


def test_a_call_that_fails_has_no_time() -> None:
    with pytest.raises(ZeroDivisionError):
        timed(lambda: 1 // 0, unit=MS)
