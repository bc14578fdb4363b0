"""Suites of the tests in a longer form: bounded, judged by what pytest wrote, with the counts they noted."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from migration.holders.identity import start_ticks
from migration.rehearsal.campaigns import (
    Suite,
    nothing_left,
    play_suite,
    property_tests,
    read_notes,
    reasons_against,
    run_bounded,
    suites,
)

LEAVES_ONE_BEHIND = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(child.pid, file=open(sys.argv[1], "w"), flush=True)
time.sleep(float(sys.argv[2]))
"""
MIXED = """
from tests.faults.counts import note

def test_well():
    note("one", lost=0)

def test_ill():
    note("another", lost=2)
    assert False
"""


def variables(minutes: float) -> dict[str, dict[str, str]]:
    return {suite.name: dict(suite.variables) for suite in suites(minutes=minutes, seed=7)}


def test_outages_last_a_minute_in_a_soak_of_the_usual_length() -> None:
    assert variables(25) == {
        "outages": {"SOAK_SECONDS": "60"},
        "kills": {"SOAK_KILLS": "12", "SOAK_SEED": "7"},
        "examples": {"SOAK_EXAMPLES": "10"},
    }


def test_a_short_soak_has_less_of_everything_and_a_long_one_no_longer_outages() -> None:
    assert variables(1)["outages"] == {"SOAK_SECONDS": "5"}
    assert variables(1)["kills"] == {"SOAK_KILLS": "1", "SOAK_SEED": "7"}
    assert variables(50)["outages"] == {"SOAK_SECONDS": "60"}
    assert variables(50)["kills"] == {"SOAK_KILLS": "24", "SOAK_SEED": "7"}


def test_every_suite_names_tests_that_exist() -> None:
    for suite in suites(minutes=25, seed=1):
        named = [word for word in suite.words if word.startswith("tests/")]
        assert named != []
        assert [name for name in named if not Path(name).exists()] == []


def test_property_tests_are_found_by_what_they_import() -> None:
    assert "tests/migration/ledger/test_interleavings.py" in property_tests()
    assert "tests/migration/rehearsal/test_soak.py" not in property_tests()


def test_a_suite_tells_what_failed_and_what_was_counted(tmp_path: Path) -> None:
    (tmp_path / "test_mixed.py").write_text(MIXED)
    suite = Suite("mixed", "two tests", (str(tmp_path / "test_mixed.py"),), limit=100)
    facts = play_suite(suite, folder=tmp_path / "soak", environment=os.environ)
    assert facts["verdict"] == "fail"
    assert [reason.rpartition("::")[2] for reason in facts["verdict_reasons"]] == ["test_ill"]
    assert facts["tests"] == 2
    assert facts["campaigns"] == [{"campaign": "another", "lost": 2}, {"campaign": "one", "lost": 0}]


def test_what_pytest_did_not_write_is_no_pass(tmp_path: Path) -> None:
    nothing = tmp_path / "none.xml"
    assert reasons_against(0, nothing, limit=5) == []
    assert reasons_against(2, nothing, limit=5) == ["pytest ended with code 2"]
    assert reasons_against(None, nothing, limit=5) == ["ended after 5 s, the limit"]
    assert read_notes(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize(("sleeps", "limit", "code"), [("0", 60.0, 0), ("60", 1.5, None)])
def test_nothing_that_a_suite_started_outlives_it(tmp_path: Path, sleeps: str, limit: float, code: int | None) -> None:
    """Neither when it ended by itself, nor when it took too long."""
    note = tmp_path / "pid"
    command = [sys.executable, "-c", LEAVES_ONE_BEHIND, str(note), sleeps]
    with nothing_left() as mark:
        assert run_bounded(command, environment={**os.environ, **mark}, limit=limit) == code
    left = int(note.read_text())
    deadline = time.monotonic() + 10
    while start_ticks(left) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
