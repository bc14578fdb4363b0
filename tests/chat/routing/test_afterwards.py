"""The threads that mirror after the answer: bounded, and none of what they took is dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import pytest
from structlog.testing import capture_logs

from chat.routing.afterwards import Afterwards


def test_what_is_taken_is_called_in_another_thread() -> None:
    afterwards, threads = Afterwards(), list[str]()
    assert afterwards.take(lambda: threads.append(threading.current_thread().name))
    afterwards.close()
    assert [name.partition("_")[0] for name in threads] == ["mirror"]


def test_no_more_is_taken_than_may_wait() -> None:
    afterwards, gate = Afterwards(most=2), threading.Event()
    try:
        assert [afterwards.take(lambda: gate.wait(10)) for _ in range(3)] == [True, True, False]
    finally:
        gate.set()
        afterwards.close()


def test_a_place_is_free_again_when_its_work_has_ended_even_badly() -> None:
    def fail() -> None:
        raise OSError("no space left")

    afterwards, done = Afterwards(most=1), threading.Event()
    with capture_logs() as logs:
        assert afterwards.take(fail)
        while not afterwards.take(done.set):
            pass
        assert done.wait(10)
        afterwards.close()
    assert [entry["event"] for entry in logs] == ["mirror_unkept"]


def test_closing_waits_for_what_was_taken_and_takes_no_more() -> None:
    afterwards, gate, ended = Afterwards(), threading.Event(), list[int]()
    afterwards.take(lambda: ended.append(gate.wait(10)))
    closing = threading.Thread(target=afterwards.close)
    closing.start()
    closing.join(0.1)
    assert closing.is_alive()
    gate.set()
    closing.join(10)
    assert ended == [True]
    assert not afterwards.take(lambda: pytest.fail("called after the end"))


def test_where_no_thread_can_be_started_the_caller_does_it_and_nobody_does_it_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The interpreter queues the work and then fails to start a thread for it; a later one finds it in the queue."""
    afterwards, done = Afterwards(most=1), list[str]()
    submit = ThreadPoolExecutor.submit

    def fail(pool: ThreadPoolExecutor, *work: Any) -> None:
        submit(pool, *work)
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(ThreadPoolExecutor, "submit", fail)
    taken = afterwards.take(lambda: done.append("once"))
    if not taken:
        done.append("once")
    monkeypatch.undo()
    # Its place is free again.
    assert soon(lambda: afterwards.take(lambda: done.append("the next")))
    afterwards.close()
    assert sorted(done) == ["once", "the next"]


def soon(attempt: Callable[[], bool]) -> bool:
    deadline = monotonic() + 10
    while not attempt():
        if monotonic() > deadline:
            return False
    return True
