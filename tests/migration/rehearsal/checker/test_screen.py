from typing import Any

from migration.rehearsal.checker.screen import WIDTH, render
from tests.migration.rehearsal.finished_run import good_facts


def report(*reasons: str) -> dict[str, Any]:
    traffic = {"requests": 5, "acknowledged": 4, "failed": 0, "lost": 0, "duplicated": 0, "p50_ms": 1.5}
    return {
        **good_facts(),
        "verdict": "fail" if reasons else "pass",
        "verdict_reasons": list(reasons),
        "table": {"items": 3, "mappable": 1, "quarantined": {"a": 1, "b": 1}},
        "traffic": {**traffic, "missed_by_pollers": {"v1": 0, "legacy": 2, "baseline": None}},
    }


def test_shows_the_figures_and_a_dash_for_what_was_not_measured() -> None:
    lines = render(report()).splitlines()

    assert lines[0] == "table      3 items, 1 mappable, 2 quarantined"
    assert lines[2] == "latency    p50_ms 1.5  p95_ms -  p99_ms -  longest_gap_ms -"
    assert lines[3] == "missed     v1 0  legacy 2  baseline -"
    assert lines[5] == "parity     1 runs, 1 with equal digests"
    assert lines[-1] == "verdict    PASS"


def test_shows_the_first_reasons_and_how_many_more_there_are() -> None:
    lines = render(report(*(f"reason {number}" for number in range(15)))).splitlines()

    assert lines[8:18] == [f"  reason {number}" for number in range(10)]
    assert lines[18:] == ["  and 5 more in the report", "verdict    FAIL"]


def test_a_name_with_line_breaks_stays_on_its_line_and_long_lines_are_cut() -> None:
    lines = render(report("lost: a\nb", "x" * 500)).splitlines()

    assert lines[8] == "  lost: a\\nb"
    assert max(len(line) for line in lines) == WIDTH


def test_a_run_without_backfill_is_shown_too() -> None:
    lines = render({**report("facts: no backfill is recorded"), "backfill": None}).splitlines()

    assert lines[4] == "backfill   read -  written -  quarantined -  skipped -  rows_per_s -"
