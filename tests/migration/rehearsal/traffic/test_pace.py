import threading
import time
from pathlib import Path

import pytest

from migration.rehearsal.traffic.pace import Pace, PaceUnreadable, read_rate


def test_turns_of_all_writers_together_keep_the_rate() -> None:
    pace, stopped, turns = Pace(rate=100, most=20), threading.Event(), []

    def take() -> None:
        while pace.take_turn(stopped):
            turns.append(time.monotonic())

    began = time.monotonic()
    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(turns) == 20
    # Nineteen gaps of 10 ms; a late wake-up can only add to it.
    assert time.monotonic() - began >= 0.19


def test_a_stall_is_not_made_up_for_by_a_burst() -> None:
    pace, stopped = Pace(rate=20, most=10), threading.Event()
    pace.take_turn(stopped)
    time.sleep(0.3)
    began = time.monotonic()
    for _ in range(3):
        pace.take_turn(stopped)

    assert time.monotonic() - began >= 0.1


def test_a_rate_of_zero_pauses_until_another_is_set() -> None:
    pace, stopped = Pace(rate=50, most=10), threading.Event()
    pace.set_rate(0)
    threading.Timer(0.2, pace.set_rate, args=(50,)).start()
    began = time.monotonic()

    assert pace.take_turn(stopped)
    assert time.monotonic() - began >= 0.2


def test_a_writer_waiting_for_its_turn_stops_when_told() -> None:
    pace, stopped = Pace(rate=0.01, most=10), threading.Event()
    pace.take_turn(stopped)
    threading.Timer(0.1, stopped.set).start()
    began = time.monotonic()

    assert not pace.take_turn(stopped)
    assert time.monotonic() - began < 5


def test_the_last_complete_line_is_the_rate(tmp_path: Path) -> None:
    path = tmp_path / "pace"
    assert read_rate(path) is None
    path.write_text("")
    assert read_rate(path) is None
    path.write_text("25\n0\n7.5\n10")
    assert read_rate(path) == 7.5


@pytest.mark.parametrize("line", ["fast", "-1", "true", "1e9", "NaN", "[5]"])
def test_a_line_that_is_no_rate_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "pace"
    path.write_text(line + "\n")

    with pytest.raises(PaceUnreadable, match="posts a second"):
        read_rate(path)
