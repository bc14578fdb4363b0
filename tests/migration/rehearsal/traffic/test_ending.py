import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from migration.rehearsal.traffic.ending import Crew, Interrupt, reason_to_end


def wait_for_stop(stopped: threading.Event) -> None:
    stopped.wait(10)


def break_down(_stopped: threading.Event) -> None:
    raise ZeroDivisionError


@pytest.fixture
def crews() -> Iterator[tuple[Crew, Crew]]:
    writers, readers = Crew(size=2), Crew(size=2)
    writers.start(wait_for_stop)
    readers.start(wait_for_stop)
    yield writers, readers
    writers.stop()
    readers.stop()


def reason(crews: tuple[Crew, Crew], *, seconds: float = 60, stop_file: Path | None = None) -> str | None:
    return reason_to_end(
        writers=crews[0],
        readers=crews[1],
        interrupt=Interrupt(),
        deadline=time.monotonic() + seconds,
        stop_file=stop_file,
    )


def test_a_run_goes_on_until_there_is_a_reason(crews: tuple[Crew, Crew], tmp_path: Path) -> None:
    assert reason(crews, stop_file=tmp_path / "stop") is None
    (tmp_path / "stop").touch()
    assert reason(crews, stop_file=tmp_path / "stop") == "stop file"
    assert reason(crews, seconds=-1) == "time is up"
    crews[0].stop()
    assert reason(crews) == "all posts made"


def test_a_thread_that_broke_ends_the_run_and_is_named(crews: tuple[Crew, Crew]) -> None:
    crews[1].start(break_down)
    while not crews[1].failures():
        time.sleep(0.01)

    assert reason(crews) == "a thread failed"
    assert [type(error) for error in crews[1].failures()] == [ZeroDivisionError]


def test_a_signal_ends_the_run(crews: tuple[Crew, Crew]) -> None:
    interrupt = Interrupt()
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    interrupt.install()
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        ended = reason_to_end(
            writers=crews[0], readers=crews[1], interrupt=interrupt, deadline=float("inf"), stop_file=None
        )
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])

    assert ended == "SIGTERM"
