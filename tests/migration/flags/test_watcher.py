"""The thread that keeps flags fresh outlives whatever goes wrong in a poll."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import OperationalError

from chat.exceptions import NotServing
from migration.flags import watcher as module
from migration.flags.watcher import Watcher


@pytest.fixture(autouse=True)
def _slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 60.0)


class Polls:
    """What each poll does, in turn; then nothing."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.seen = threading.Semaphore(0)

    def __call__(self) -> None:
        self.seen.release()
        if self.faults:
            raise self.faults.pop(0)

    def happened(self, times: int = 1) -> bool:
        return all(self.seen.acquire(timeout=5) for _ in range(times))


def watch(poll: Callable[[], None], *, moving: bool = False) -> Watcher:
    watcher = Watcher(poll=poll, moving=lambda: moving)
    watcher.start()
    return watcher


@pytest.mark.parametrize("fault", [OperationalError("away"), NotServing("no slot"), ValueError("a store of tomorrow")])
def test_a_failed_poll_is_followed_by_the_next(fault: Exception) -> None:
    polls = Polls(fault)
    watcher = watch(polls)
    watcher.wake()
    assert polls.happened()
    watcher.wake()
    assert polls.happened()
    watcher.stop()
    assert not watcher.is_alive()


def test_a_wake_up_during_a_poll_is_not_lost() -> None:
    polled = threading.Semaphore(0)
    inside, go_on = threading.Event(), threading.Event()

    def poll() -> None:
        inside.set()
        go_on.wait(5)
        polled.release()

    watcher = watch(poll)
    watcher.wake()
    assert inside.wait(5)
    watcher.wake()
    go_on.set()
    assert polled.acquire(timeout=5)
    assert polled.acquire(timeout=5)
    watcher.stop()


def test_while_something_moves_it_looks_twenty_times_a_second() -> None:
    polls = Polls()
    watcher = watch(polls, moving=True)
    began = time.monotonic()
    assert polls.happened(10)
    assert 0.4 < time.monotonic() - began < 5
    watcher.stop()
