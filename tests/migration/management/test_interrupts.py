"""A command told to end does so by an exception, as on Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from migration.management.interrupts import as_interrupts


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_within_the_block_it_is_an_interrupt_and_afterwards_as_before(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), as_interrupts():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_a_signal_that_is_ignored_or_handled_already_stays_so() -> None:
    """`nohup` ignores SIGHUP, and a program around the command has its own ways."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with as_interrupts():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_a_thread_nothing_is_touched() -> None:
    seen: list[object] = []

    def inside() -> None:
        with as_interrupts():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]
