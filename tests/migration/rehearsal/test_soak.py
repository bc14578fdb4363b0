"""The record of a campaign."""

from __future__ import annotations

import json
from pathlib import Path

from migration.rehearsal.soak import COUNTS, summary


def test_a_round_without_a_report_counts_as_failed(tmp_path: Path) -> None:
    assert summary(tmp_path / "none.json") == {"verdict": "fail", "verdict_reasons": ["no report was made"]}


def test_the_figures_of_a_report_are_taken_over(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    traffic = {name: number for number, name in enumerate(COUNTS)}
    report.write_text(json.dumps({"verdict": "pass", "verdict_reasons": [], "seconds": 9.5, "traffic": traffic}))
    assert summary(report) == {"verdict": "pass", "verdict_reasons": [], "seconds": 9.5} | traffic
