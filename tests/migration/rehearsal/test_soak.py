"""The record of a soak, its parts and its exit code."""

from __future__ import annotations

import argparse
import json
import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from migration.rehearsal import soak
from migration.rehearsal.soak import PARTS, main, parser


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was asked of the local engines, which are down, and which these tests leave alone."""
    asked: list[str] = []

    def devstack(*words: str, quiet: bool = False) -> int:
        asked.append(words[0])
        return 3 if words[0] == "status" else 0

    monkeypatch.setattr(soak, "devstack", devstack)
    monkeypatch.setattr(soak, "stop_kept", lambda: 0)
    monkeypatch.setattr(soak, "addresses", dict)
    monkeypatch.setattr(soak, "FOLDER", tmp_path)
    # A path is told as seen from the repository.
    monkeypatch.setattr(soak, "BASE_DIR", tmp_path)
    monkeypatch.setattr(soak, "commit", lambda: "f" * 40)
    # The test's process keeps its own way to end.
    monkeypatch.setattr("migration.rehearsal.soak.signal.signal", lambda *_: None)
    return asked


def plan_of(monkeypatch: pytest.MonkeyPatch, **verdicts: str) -> None:
    def facts(verdict: str) -> dict[str, Any]:
        return {"verdict": verdict, "verdict_reasons": []}

    parts = {name: (f"does {name}", partial(facts, verdict)) for name, verdict in verdicts.items()}
    monkeypatch.setattr(soak, "plan", lambda options, until: parts)


def record(folder: Path, ending: str = "") -> Any:
    return json.loads((folder / f"{datetime.now(UTC):%Y-%m-%d}{ending}.json").read_text())


def test_every_part_is_planned_and_one_can_be_chosen(stack: list[str]) -> None:
    assert tuple(soak.plan(parser().parse_args([]), until=0.0)) == PARTS
    for part in PARTS:
        assert list(soak.plan(parser().parse_args(["--only", part]), until=0.0)) == [part]


def test_a_soak_that_passes_is_recorded_with_all_it_takes_to_repeat_it(
    stack: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan_of(monkeypatch, outages="pass", kills="pass")
    assert main(["--minutes", "3", "--seed", "9"]) == 0
    found = record(tmp_path)
    assert (found["verdict"], found["commit"], found["minutes"], found["seed"]) == ("pass", "f" * 40, 3.0, 9)
    assert found["machine"]["cores"] >= 1
    assert list(found["parts"]) == ["outages", "kills"]
    assert stack == ["status", "up", "down"]


def test_one_part_that_fails_fails_the_soak_and_the_others_are_played(
    stack: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan_of(monkeypatch, outages="fail", kills="pass")
    assert main([]) == 1
    found = record(tmp_path)
    assert (found["verdict"], found["parts"]["kills"]["verdict"]) == ("fail", "pass")


def test_a_part_alone_has_a_record_of_its_own(
    stack: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan_of(monkeypatch, kills="pass")
    assert main(["--only", "kills"]) == 0
    assert record(tmp_path, "-kills")["verdict"] == "pass"


def test_an_interrupted_soak_fails_and_stops_the_engines_it_started(
    stack: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(options: argparse.Namespace) -> dict[str, Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr(soak, "play", interrupted)
    assert main([]) == 1
    assert stack == ["status", "up", "down"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["0", "nan", "soon", "1441"])
def test_a_length_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["--minutes", text])
    assert ended.value.code == 2
    assert repr(text) in capsys.readouterr().err


def test_the_record_names_the_commit() -> None:
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?", soak.commit())
