"""A store that failed is left alone by requests, and asked by one thread until it answers."""

from __future__ import annotations

import threading
from time import monotonic, sleep

import pytest

from chat.exceptions import StoreUnavailable
from chat.routing.breaker import Breaker

EVERY = 0.02


class Store:
    """Answers a probe when told to, by raising what is first in `faults`."""

    def __init__(self, *faults: Exception) -> None:
        self.faults, self.probes = list(faults), 0
        self.well = threading.Event()

    def ping(self) -> None:
        self.probes += 1
        if self.faults:
            raise self.faults.pop(0)
        if not self.well.is_set():
            raise StoreUnavailable("memory", "still away")


def await_closed(breaker: Breaker) -> None:
    deadline = monotonic() + 10
    while breaker.is_open:
        assert monotonic() < deadline
        sleep(EVERY)


def probers() -> int:
    return sum(thread.name == "probe-memory" for thread in threading.enumerate())


def test_it_is_open_from_the_failure_to_the_first_answer() -> None:
    store = Store()
    breaker = Breaker("memory", store.ping, every=EVERY)
    assert not breaker.is_open
    breaker.trip("timed out")
    assert breaker.is_open
    sleep(EVERY * 10)
    assert breaker.is_open
    assert store.probes > 1
    store.well.set()
    await_closed(breaker)
    asked = store.probes
    sleep(EVERY * 5)
    assert store.probes == asked, "a store that is well is not asked"


def test_it_opens_again_after_it_closed() -> None:
    store = Store()
    store.well.set()
    breaker = Breaker("memory", store.ping, every=EVERY)
    for _ in range(3):
        breaker.trip("timed out")
        assert breaker.is_open
        await_closed(breaker)
    assert store.probes == 3


def test_many_failures_at_once_start_one_prober() -> None:
    breaker = Breaker("memory", Store().ping, every=EVERY)
    together = threading.Barrier(8)

    def fail() -> None:
        together.wait(10)
        breaker.trip("timed out")

    threads = [threading.Thread(target=fail) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert probers() == 1
    breaker.close()


def test_a_defect_in_a_probe_does_not_leave_it_open_for_ever() -> None:
    store = Store(ValueError("a defect"), StoreUnavailable("memory", "away"))
    store.well.set()
    breaker = Breaker("memory", store.ping, every=EVERY)
    breaker.trip("timed out")
    await_closed(breaker)
    assert store.probes == 3


def test_without_a_prober_it_does_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    breaker = Breaker("memory", Store().ping, every=EVERY)

    def no_more(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_more)
        with pytest.raises(RuntimeError):
            breaker.trip("timed out")
    assert not breaker.is_open


def test_after_its_end_nothing_is_asked() -> None:
    store = Store()
    breaker = Breaker("memory", store.ping, every=EVERY)
    breaker.trip("timed out")
    breaker.close()
    sleep(EVERY * 3)
    asked = store.probes
    sleep(EVERY * 5)
    assert store.probes == asked
    Breaker("memory", store.ping, every=EVERY).close()
