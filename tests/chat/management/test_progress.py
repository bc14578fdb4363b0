"""The progress of long work, on a terminal and in a log."""

from __future__ import annotations

from io import StringIO

import pytest

from chat.management.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Moves only when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_log_gets_a_line_every_five_seconds_and_one_at_the_end() -> None:
    log, clock = StringIO(), Clock()
    with Progress(total=8000, what="comments", stream=log, now=clock) as progress:
        for _ in range(8):
            clock.now += 2
            progress.advance(1000)
    assert log.getvalue().splitlines() == [
        "3,000 of 8,000 comments, 500/s, 0:10 left",
        "6,000 of 8,000 comments, 500/s, 0:04 left",
        "8,000 of 8,000 comments, 500/s, 0:16",
    ]


def test_a_terminal_gets_one_line_that_is_written_over() -> None:
    terminal, clock = Terminal(), Clock()
    with Progress(total=200, what="rows", stream=terminal, now=clock) as progress:
        clock.now += 1
        progress.advance(100)
    shown = terminal.getvalue()
    assert shown.count("\n") == 1
    first, *rest = (line.rstrip() for line in shown.lstrip("\r").split("\r"))
    assert first == "[###############...............]  50% 100 of 200 rows, 100/s, 0:01 left"
    assert rest == [first]


def test_long_work_shows_hours() -> None:
    log, clock = StringIO(), Clock()
    with Progress(total=100_000, what="rows", stream=log, now=clock) as progress:
        clock.now += 10
        progress.advance(100)
    assert log.getvalue().splitlines()[0] == "100 of 100,000 rows, 10/s, 2:46:30 left"


def test_work_that_fails_still_shows_how_far_it_came() -> None:
    log, clock = StringIO(), Clock()

    def work() -> None:
        with Progress(total=10, what="rows", stream=log, now=clock) as progress:
            clock.now += 1
            progress.advance(4)
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert log.getvalue() == "4 of 10 rows, 4/s, 0:02 left\n"


def test_nothing_to_do_is_done() -> None:
    terminal = Terminal()
    with Progress(total=0, what="rows", stream=terminal, now=Clock()):
        pass
    assert terminal.getvalue().startswith("\r[##############################] 100% 0 of 0 rows, 0/s, 0:00")
