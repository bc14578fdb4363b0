"""Rehearsals one after the other: how many, and what is kept of each."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from migration.rehearsal import rounds
from migration.rehearsal.rounds import COUNTS, rehearse, summary

OPTIONS = argparse.Namespace(seed=5, comments=100, seconds=30)


def report(verdict: str = "pass", reasons: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    traffic = {name: number for number, name in enumerate(COUNTS)}
    return {"verdict": verdict, "verdict_reasons": list(reasons), "seconds": 9.5, "traffic": traffic} | more


def test_a_round_without_a_report_counts_as_failed(tmp_path: Path) -> None:
    assert summary(tmp_path / "none.json") == {"verdict": "fail", "verdict_reasons": ["no report was made"]}


def test_the_figures_of_a_report_are_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report(outage={"seconds": 12.0, "failed": 0})))
    wanted = {"verdict": "pass", "verdict_reasons": [], "seconds": 9.5, "outage": {"seconds": 12.0, "failed": 0}}
    assert summary(path) == wanted | {name: number for number, name in enumerate(COUNTS)}


class Stage:
    """Stands for `manage.py rehearse`, which takes minutes, and for the clock."""

    def __init__(self, *reports: dict[str, Any] | None, takes: float) -> None:
        self.reports, self.takes = list(reports), takes
        self.now = 0.0
        self.seeds: list[str] = []

    def monotonic(self) -> float:
        return self.now

    def run(self, command: Sequence[str], **_: Any) -> int:
        words = dict(word.removeprefix("--").split("=") for word in command if word.startswith("--"))
        self.seeds.append(words["seed"])
        document = self.reports.pop(0)
        if document is not None:
            Path(words["report"]).write_text(json.dumps(document))
        self.now += self.takes
        return 0


def played(stage: Stage, monkeypatch: pytest.MonkeyPatch, folder: Path, *, until: float) -> dict[str, Any]:
    monkeypatch.setattr(rounds, "run_bounded", stage.run)
    monkeypatch.setattr("migration.rehearsal.rounds.monotonic", stage.monotonic)
    monkeypatch.setattr(rounds, "addresses", dict)
    return rehearse(OPTIONS, until, folder=folder)


def test_rounds_go_on_with_the_next_seed_while_another_one_fits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stage = Stage(report(), report(), report(), takes=100.0)
    facts = played(stage, monkeypatch, tmp_path, until=390.0)
    assert stage.seeds == ["5", "6", "7"]
    assert (facts["verdict"], [one["seed"] for one in facts["rounds"]]) == ("pass", [5, 6, 7])


def test_one_is_played_however_little_time_there_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stage = Stage(report(), takes=100.0)
    assert played(stage, monkeypatch, tmp_path, until=0.0)["verdict"] == "pass"
    assert stage.seeds == ["5"]


def test_one_failed_round_fails_all_and_an_older_report_is_never_taken_for_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stage = Stage(report(), None, takes=100.0)
    facts = played(stage, monkeypatch, tmp_path, until=200.0)
    assert (facts["verdict"], facts["verdict_reasons"]) == ("fail", ["seed 6: no report was made"])
