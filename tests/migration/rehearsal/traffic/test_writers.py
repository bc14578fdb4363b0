import json
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from migration.rehearsal.traffic.address import parse_address
from migration.rehearsal.traffic.client import Answer, Client
from migration.rehearsal.traffic.log import FsyncedLog
from migration.rehearsal.traffic.pace import Pace
from migration.rehearsal.traffic.tally import Tally
from migration.rehearsal.traffic.writers import Writer, read_acknowledgement
from tests.migration.rehearsal.chat_double import ChatDouble
from tests.migration.rehearsal.traffic.records import read_records


class GatedLog(FsyncedLog):
    """The real log, except that an outcome waits at a gate before it is written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.at_gate, self.gate = threading.Event(), threading.Event()

    def commit(self, record: Mapping[str, object]) -> None:
        if record["kind"] == "outcome":
            self.at_gate.set()
            assert self.gate.wait(10)
        super().commit(record)


def writer_for(double: ChatDouble, log: FsyncedLog, *, posts: int) -> Writer:
    client = Client(address=parse_address(double.url), timeout=5)
    return Writer(number=0, run_id="run", client=client, log=log, pace=Pace(rate=1000, most=posts), tally=Tally())


def test_an_attempt_is_in_the_log_before_the_server_sees_it(double: ChatDouble, tmp_path: Path) -> None:
    path, seen = tmp_path / "log", []
    double.keep = lambda comment: seen.append((comment["comment"], read_records(path)[-1]))

    writer_for(double, FsyncedLog(path), posts=3).run(threading.Event())

    assert len(seen) == 3
    for comment, last_record in seen:
        assert (last_record["kind"], last_record["comment"]) == ("intent", comment)


def test_an_acknowledgement_counts_only_once_it_is_in_the_log(double: ChatDouble, tmp_path: Path) -> None:
    log = GatedLog(tmp_path / "log")
    writer = writer_for(double, log, posts=1)
    thread = threading.Thread(target=writer.run, args=(threading.Event(),))
    thread.start()
    assert log.at_gate.wait(10)
    answered_but_not_logged = writer.tally.as_dict()["acknowledged"]
    log.gate.set()
    thread.join()

    assert len(double.comments) == 1
    assert answered_but_not_logged == 0
    assert writer.tally.as_dict()["acknowledged"] == 1


def test_an_outcome_names_the_key_the_text_the_store_and_the_epoch(double: ChatDouble, tmp_path: Path) -> None:
    writer_for(double, FsyncedLog(tmp_path / "log"), posts=1).run(threading.Event())

    [comment] = double.comments.values()
    intent, outcome = read_records(tmp_path / "log")
    assert set(outcome) == {*intent, "error"}
    assert (intent["kind"], intent["id"], intent["status"], intent["time"]) == (
        "intent",
        "run-w0-0",
        None,
        None,
    )
    named = {name: outcome[name] for name in ("id", "name", "comment", "time", "status", "store", "epoch", "error")}
    assert named == {
        "id": "run-w0-0",
        "name": comment["name"],
        "comment": comment["comment"],
        "time": comment["time"],
        "status": 200,
        "store": "double",
        "epoch": "7",
        "error": None,
    }
    assert outcome["ms"] > 0
    assert intent["at"] <= outcome["at"]


def test_a_failed_post_is_logged_and_the_next_one_is_a_new_comment(double: ChatDouble, tmp_path: Path) -> None:
    troubles = {2: "drop before storing", 3: "drop after storing", 5: "refuse"}
    double.trouble = troubles.get
    writer = writer_for(double, FsyncedLog(tmp_path / "log"), posts=6)
    writer.run(threading.Event())

    outcomes = read_records(tmp_path / "log", "outcome")
    assert [outcome["status"] for outcome in outcomes] == [200, None, None, 200, 503, 200]
    assert [outcome["id"] for outcome in outcomes] == [f"run-w0-{number}" for number in range(6)]
    assert double.posts == 6
    assert writer.tally.as_dict() == {"requests": 6, "acknowledged": 3, "failed": 3}


@pytest.mark.parametrize("body", [b"OK", b"[]", b"{}", json.dumps({"time": 1700000000.5}).encode()])
def test_a_200_that_names_no_time_acknowledges_nothing(body: bytes) -> None:
    time_text, fault = read_acknowledgement(Answer(status=200, body=body, ms=1.0))

    assert time_text is None
    assert fault is not None
    assert fault.startswith("the answer to a post")
