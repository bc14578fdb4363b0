"""The state file tells the next command what runs."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from devstack import processes, state
from devstack.engine import Launch
from devstack.faults import DevstackError
from devstack.state import Running


@pytest.fixture
def running() -> Running:
    identity = processes.identify(os.getpid())
    assert identity is not None
    launch = Launch(port=9042, side_ports=(7000,), in_memory=False)
    return Running("cassandra", identity, launch, version="5.0.8", log="/var/log/cassandra.log")


def test_what_was_saved_is_loaded(tmp_path: Path, running: Running) -> None:
    path = tmp_path / "var" / "devstack.json"

    state.save(path, {"cassandra": running}, {"SCYLLA_PORT": "9042"})

    assert state.load(path) == {"cassandra": running}
    assert list(path.parent.iterdir()) == [path]


def test_the_file_holds_addresses_on_top_and_pid_with_start_time_by_engine(tmp_path: Path, running: Running) -> None:
    path = tmp_path / "devstack.json"

    state.save(path, {"cassandra": running}, {"SCYLLA_PORT": "9042", "WEB_URL": "http://127.0.0.1:8080"})

    written = json.loads(path.read_text())
    entry = written.pop("engines")["cassandra"]
    assert written == {"SCYLLA_PORT": "9042", "WEB_URL": "http://127.0.0.1:8080"}
    assert (entry["pid"], entry["started"]) == (os.getpid(), running.identity.started)
    assert (entry["host"], entry["port"], entry["version"]) == ("127.0.0.1", 9042, "5.0.8")


def test_an_entry_whose_pid_another_process_has_now_is_left_out(tmp_path: Path, running: Running) -> None:
    path = tmp_path / "devstack.json"
    stale = replace(running, name="redis", identity=replace(running.identity, started=1))

    state.save(path, {"cassandra": running, "redis": stale}, {})

    assert state.load(path) == {"cassandra": running}


def test_no_file_means_nothing_runs(tmp_path: Path) -> None:
    state.forget(tmp_path / "devstack.json")

    assert state.load(tmp_path / "devstack.json") == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"engines": {"redis": {"pid": 1}}}', '{"engines": []}'])
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "devstack.json"
    path.write_text(text)

    with pytest.raises(DevstackError, match=r"devstack\.json is damaged .* delete it"):
        state.load(path)
