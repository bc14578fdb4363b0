from pathlib import Path

import pytest

from migration.rehearsal.traffic.address import parse_address
from migration.rehearsal.traffic.ending import Interrupt
from migration.rehearsal.traffic.options import Options
from migration.rehearsal.traffic.pace import PaceUnreadable
from migration.rehearsal.traffic.run import Ended, Run
from tests.migration.rehearsal.chat_double import ChatDouble
from tests.migration.rehearsal.traffic.records import read_records


def run_traffic(double: ChatDouble, tmp_path: Path, **changes: object) -> Ended:
    settings: dict[str, object] = {
        "address": parse_address(double.url),
        "log": tmp_path / "log",
        "seconds": 20.0,
        "writers": 3,
        "readers": 1,
        "rate": 200.0,
        "posts": 60,
        "poll_every": 0.05,
        "all_every": 0.1,
        "linger": 0.3,
    }
    return Run(Options(**(settings | changes))).to_the_end(Interrupt())  # type: ignore[arg-type]  # checked by Options


def test_every_acknowledged_post_is_stored_as_logged(double: ChatDouble, tmp_path: Path) -> None:
    ended = run_traffic(double, tmp_path)

    outcomes = read_records(tmp_path / "log", "outcome")
    logged = {(outcome["name"], outcome["time"]): outcome["comment"] for outcome in outcomes}
    assert logged == {key: comment["comment"] for key, comment in double.comments.items()}
    assert (ended.reason, ended.failures) == ("all posts made", [])
    assert (ended.counts["acknowledged"], ended.counts["failed"]) == (60, 0)


def test_each_kind_of_reader_ran_and_pollers_showed_everything(double: ChatDouble, tmp_path: Path) -> None:
    run_traffic(double, tmp_path)

    reads = read_records(tmp_path / "log", "read")
    shown = {kind: set[tuple[str, str]]() for kind in ("legacy", "v1", "latest", "all")}
    for read in reads:
        shown[read["reader"]].update((name, time) for name, time in read["shown"])
    assert shown["legacy"] == shown["v1"] == set(double.comments)
    assert shown["latest"] == shown["all"] == set()
    assert {read["reader"] for read in reads} == {"legacy", "v1", "latest", "all"}


def test_the_log_ends_with_the_counts(double: ChatDouble, tmp_path: Path) -> None:
    double.trouble = lambda number: "drop after storing" if number % 10 == 0 else None
    ended = run_traffic(double, tmp_path)

    last = read_records(tmp_path / "log")[-1]
    requests = len(read_records(tmp_path / "log", "read")) + 60
    counts = {name: last[name] for name in ("requests", "acknowledged", "failed")}
    assert last["kind"] == "end"
    assert counts == {"requests": requests, "acknowledged": 54, "failed": 6} == ended.counts


def test_a_pace_file_that_is_no_rate_ends_the_run(double: ChatDouble, tmp_path: Path) -> None:
    (tmp_path / "pace").write_text("fast\n")
    ended = run_traffic(double, tmp_path, pace_file=tmp_path / "pace", rate=1.0)

    assert ended.reason == "the pace file is unreadable"
    assert [type(error) for error in ended.failures] == [PaceUnreadable]


def test_the_pace_file_replaces_the_rate(double: ChatDouble, tmp_path: Path) -> None:
    (tmp_path / "pace").write_text("0\n")
    ended = run_traffic(double, tmp_path, pace_file=tmp_path / "pace", rate=0.5, seconds=1.0)

    assert ended.reason == "time is up"
    # Each of the three writers may have taken a turn before the file was read.
    assert len(double.comments) <= 3


@pytest.mark.parametrize("trouble", ["drop before storing", "refuse"])
def test_a_server_in_trouble_is_survived(double: ChatDouble, tmp_path: Path, trouble: str) -> None:
    double.trouble = lambda _: trouble
    ended = run_traffic(double, tmp_path, posts=10)

    assert (ended.counts["acknowledged"], ended.counts["failed"], ended.failures) == (0, 10, [])
