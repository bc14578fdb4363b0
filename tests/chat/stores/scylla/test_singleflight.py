"""One thread makes the value, all wait for it within their deadlines."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from chat.stores.scylla.singleflight import SingleFlight


class Maker:
    """Counts how often it is asked, and fails while told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.fails = False
        self.gate = Event()
        self.gate.set()

    def __call__(self) -> int:
        self.calls += 1
        self.gate.wait(10)
        if self.fails:
            raise OSError("cannot")
        return self.calls


def test_many_callers_share_one_making() -> None:
    maker = Maker()
    maker.gate.clear()
    flight = SingleFlight(maker, pause=0.0)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(flight.get, seconds=10) for _ in range(8)]
        maker.gate.set()
        assert {future.result() for future in waiting} == {1}


def test_a_caller_gives_up_at_its_deadline_and_the_making_goes_on() -> None:
    maker = Maker()
    maker.gate.clear()
    flight = SingleFlight(maker, pause=0.0)
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        flight.get(seconds=0.05)
    assert time.monotonic() - started < 1
    maker.gate.set()
    assert flight.get(seconds=10) == 1


def test_a_failure_is_repeated_at_once_until_the_pause_is_over() -> None:
    maker = Maker()
    maker.fails = True
    flight = SingleFlight(maker, pause=0.2)
    for _ in range(5):
        with pytest.raises(OSError, match="cannot"):
            flight.get(seconds=10)
    assert maker.calls == 1
    maker.fails = False
    time.sleep(0.25)
    assert flight.get(seconds=10) == 2


def test_a_value_once_made_is_kept() -> None:
    flight = SingleFlight(Maker(), pause=0.0)
    assert [flight.get(seconds=10) for _ in range(3)] == [1, 1, 1]


def test_a_forked_child_makes_its_own() -> None:
    maker = Maker()
    flight = SingleFlight(maker, pause=0.0)
    flight.get(seconds=10)
    child = os.fork()
    if child == 0:
        os._exit(flight.get(seconds=10))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 2
    assert flight.get(seconds=10) == 1
