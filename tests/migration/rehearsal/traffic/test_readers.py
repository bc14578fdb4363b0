import threading
from pathlib import Path

from migration.rehearsal.traffic.address import parse_address
from migration.rehearsal.traffic.client import Client
from migration.rehearsal.traffic.log import FsyncedLog
from migration.rehearsal.traffic.questions import Everything, Question, overlap_poll
from migration.rehearsal.traffic.readers import Reader
from migration.rehearsal.traffic.tally import Tally
from tests.migration.rehearsal.chat_double import ChatDouble
from tests.migration.rehearsal.traffic.records import read_records


class AskAgain(threading.Event):
    """A stop event that lets a reader ask once more for each step of the test, which is run before it."""

    def __init__(self, *steps: object) -> None:
        super().__init__()
        self.steps = list(steps)

    def wait(self, timeout: float | None = None) -> bool:
        if not self.steps:
            return True
        step = self.steps.pop(0)
        if callable(step):
            step()
        return False


def reader_for(double: ChatDouble, question: Question, path: Path) -> Reader:
    client = Client(address=parse_address(double.url), timeout=5)
    return Reader(id="r", question=question, every=0.3, client=client, log=FsyncedLog(path), tally=Tally())


def test_a_poller_logs_each_key_the_first_time_it_is_shown(double: ChatDouble, tmp_path: Path) -> None:
    question = overlap_poll()
    first = double.add("Ana", "one")
    later: list[dict[str, str]] = []
    reader = reader_for(double, question, tmp_path / "log")
    reader.run(AskAgain(lambda: later.append(double.add("Ana", "two")), None))

    reads = read_records(tmp_path / "log", "read")
    assert [read["shown"] for read in reads] == [[["Ana", first["time"]]], [["Ana", later[0]["time"]]], []]
    assert [read["count"] for read in reads] == [1, 2, 2]
    assert all(read["began"] <= read["at"] for read in reads)


def test_a_reader_ends_with_its_account(double: ChatDouble, tmp_path: Path) -> None:
    question = overlap_poll()
    reader_for(double, question, tmp_path / "log").run(AskAgain(None, None))

    [start] = read_records(tmp_path / "log", "reader-start")
    [end] = read_records(tmp_path / "log", "reader-end")
    assert (start["reader"], start["first_position"]) == ("v1", question.first_position)
    assert (end["answered"], end["failed"], end["stores"], end["epochs"]) == (3, 0, {"double": 3}, {"7": 3})
    assert end["max_gap_ms"] > 0


def test_an_answer_out_of_order_counts_as_failed(double: ChatDouble, tmp_path: Path) -> None:
    reader = reader_for(double, Everything(), tmp_path / "log")
    older, newer = double.add("Ana", "one"), double.add("Bea", "two")
    double.lists_oldest_first = True
    reader.run(AskAgain())

    [read] = read_records(tmp_path / "log", "read")
    assert read["error"] == f"'Ana' at {older['time']} is listed before 'Bea' at {newer['time']}"
    assert reader.tally.as_dict() == {"requests": 1, "acknowledged": 0, "failed": 1}
