"""Requests are admitted under one epoch; a hold makes writers wait; older work is waited for (protocol F4, F6)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from chat.exceptions import NotServing, WritesHeld
from migration.enums import WriteFlag
from migration.flags.admissions import Admissions
from tests.migration.flags.snapshots import at, held

LONG = 10.0
"""Seconds; a test that waits them out has failed."""


class Idle:
    """Counts the calls of `on_idle`."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1


def admissions(epoch: int = 1, *, on_idle: Callable[[], None] = lambda: None) -> Admissions:
    return Admissions(at(epoch), on_idle=on_idle)


def test_a_request_keeps_the_epoch_it_was_admitted_under() -> None:
    gate = admissions(1)
    write, read = gate.enter_write(wait=0), gate.enter_read()
    gate.switch(at(2, WriteFlag.TARGET_MIRROR))
    assert (write.epoch, read.epoch, write.write) == (1, 1, WriteFlag.SOURCE_MIRROR)
    assert gate.enter_write(wait=0).epoch == 2


def test_an_epoch_is_confirmable_when_the_older_writes_and_reads_ended() -> None:
    gate = admissions(1)
    gate.enter_write(wait=0)
    gate.enter_write(wait=0)
    gate.enter_read()
    assert gate.confirmable() == 1
    gate.switch(at(2))
    gate.leave_write(1)
    assert gate.confirmable() is None
    gate.leave_write(1)
    assert gate.confirmable() is None
    gate.leave_read(1)
    assert gate.confirmable() == 2


def test_work_of_the_present_epoch_does_not_keep_it_from_being_confirmed() -> None:
    gate = admissions(2)
    gate.enter_write(wait=0)
    gate.enter_read()
    assert gate.confirmable() == 2


def test_two_epochs_old_work_counts_too() -> None:
    gate = admissions(1)
    gate.enter_read()
    gate.switch(at(2))
    gate.switch(at(3))
    assert gate.confirmable() is None
    gate.leave_read(1)
    assert gate.confirmable() == 3


def test_a_hold_waits_for_older_writes_only() -> None:
    gate = admissions(1)
    gate.enter_write(wait=0)
    gate.enter_read()
    gate.switch(held(2))
    assert gate.confirmable() is None
    gate.leave_write(1)
    assert gate.confirmable() == 2
    gate.switch(at(3))
    # What follows the hold is an epoch like any other: the read that is older than both must end.
    assert gate.confirmable() is None


def test_the_end_of_older_work_is_told_once_when_its_last_request_ends() -> None:
    idle = Idle()
    gate = admissions(1, on_idle=idle)
    for _ in range(3):
        gate.enter_write(wait=0)
    gate.leave_write(1)
    assert idle.calls == 0
    gate.switch(at(2))
    gate.leave_write(1)
    assert idle.calls == 0
    gate.leave_write(1)
    assert idle.calls == 1


def test_an_older_epoch_never_comes_back() -> None:
    gate = admissions(5)
    gate.switch(at(4, WriteFlag.TARGET))
    assert gate.snapshot == at(5)


def test_a_held_writer_is_answered_at_the_bound() -> None:
    gate = admissions(1)
    gate.switch(held(2))
    began = time.monotonic()
    with pytest.raises(WritesHeld) as caught:
        gate.enter_write(wait=0.15)
    assert caught.value.retry_after == 1
    assert 0.15 <= time.monotonic() - began < 2


def test_reads_know_nothing_of_a_hold() -> None:
    gate = admissions(1)
    gate.switch(held(2))
    assert gate.enter_read().epoch == 2


def waiting(pool: ThreadPoolExecutor, gate: Admissions, writers: int) -> list[Future[int]]:
    """Writers that wait in the hold by the time this returns."""
    entered = [threading.Event() for _ in range(writers)]

    def write(event: threading.Event) -> int:
        event.set()
        return gate.enter_write(wait=LONG).epoch

    futures = [pool.submit(write, event) for event in entered]
    assert all(event.wait(LONG) for event in entered)
    time.sleep(0.05)
    assert not any(future.done() for future in futures)
    return futures


def test_a_newer_epoch_releases_every_held_writer_under_itself() -> None:
    gate = admissions(1)
    gate.switch(held(2))
    with ThreadPoolExecutor(4) as pool:
        futures = waiting(pool, gate, 4)
        gate.switch(at(3))
        assert [future.result(LONG) for future in futures] == [3, 3, 3, 3]
    assert gate.confirmable() == 3


def test_neither_the_same_epoch_nor_an_older_one_releases_a_held_writer() -> None:
    gate = admissions(1)
    gate.switch(held(2))
    with ThreadPoolExecutor(1) as pool:
        (future,) = waiting(pool, gate, 1)
        gate.switch(held(2))
        gate.switch(at(1))
        time.sleep(0.1)
        assert not future.done()
        # Another held epoch is no release either: what counts is whether it is held.
        gate.switch(held(3))
        time.sleep(0.05)
        assert not future.done()
        gate.switch(at(4))
        assert future.result(LONG) == 4


def test_counts_stay_right_over_many_threads_and_epochs() -> None:
    gate = admissions(1)
    stop = threading.Event()

    def work() -> int:
        done = 0
        while not stop.is_set():
            write = gate.enter_write(wait=LONG)
            read = gate.enter_read()
            gate.leave_write(write.epoch)
            gate.leave_read(read.epoch)
            done += 1
        return done

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(work) for _ in range(8)]
        for epoch in range(2, 30):
            gate.switch(held(epoch) if epoch % 3 == 0 else at(epoch))
            time.sleep(0.005)
        stop.set()
        gate.switch(at(30))
        assert all(future.result(LONG) > 0 for future in futures)
    assert gate.confirmable() == 30
    assert gate.close(wait=0)


def test_once_closed_nothing_is_admitted_and_the_end_of_the_rest_is_waited_for() -> None:
    gate = admissions(1)
    write = gate.enter_write(wait=0)
    assert gate.close(wait=0.05) is False
    with pytest.raises(NotServing, match="ending"):
        gate.enter_write(wait=0)
    with pytest.raises(NotServing, match="ending"):
        gate.enter_read()
    threading.Timer(0.1, gate.leave_write, [write.epoch]).start()
    assert gate.close(wait=LONG) is True


def test_closing_lets_a_held_writer_go_unadmitted() -> None:
    gate = admissions(1)
    gate.switch(held(2))
    with ThreadPoolExecutor(1) as pool:
        (future,) = waiting(pool, gate, 1)
        assert gate.close(wait=0) is True
        with pytest.raises(NotServing):
            future.result(LONG)


def test_a_write_that_is_kept_is_left_twice() -> None:
    gate = Admissions(at(1), on_idle=lambda: None)
    epoch = gate.enter_write(wait=0).epoch
    gate.keep_write(epoch)
    gate.switch(at(2))
    gate.leave_write(epoch)
    assert gate.confirmable() is None
    gate.leave_write(epoch)
    assert gate.confirmable() == 2
