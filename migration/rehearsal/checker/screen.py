"""The report on one screen of text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

WIDTH = 100
REASONS = 10  # shown here; the report has them all


def render(report: dict[str, Any]) -> str:
    """Plain lines, no wider than `WIDTH`."""
    return "\n".join(line[:WIDTH] for line in _lines(report))


def _lines(report: dict[str, Any]) -> Iterator[str]:
    table, traffic, backfill = report["table"], report["traffic"], report["backfill"] or {}
    quarantined = sum(table["quarantined"].values())
    yield f"table      {table['items']} items, {table['mappable']} mappable, {quarantined} quarantined"
    yield "traffic    " + _pairs(traffic, "requests", "acknowledged", "failed", "lost", "duplicated")
    yield "latency    " + _pairs(traffic, "p50_ms", "p95_ms", "p99_ms", "longest_gap_ms")
    yield "missed     " + _pairs(traffic["missed_by_pollers"], "v1", "legacy", "baseline")
    yield "backfill   " + _pairs(backfill, "read", "written", "quarantined", "skipped", "rows_per_s")
    yield f"parity     {len(report['parity'])} runs, {_equal(report['parity'])} with equal digests"
    yield f"moves      {len(report['transitions'])} transitions, {len(report['drills'])} drills"
    yield f"steps      {_passed(report['steps'])} of {len(report['steps'])} ok in {report['seconds']} s"
    reasons = report["verdict_reasons"]
    for reason in reasons[:REASONS]:
        # As JSON, because a comment's author may have line breaks in the name.
        yield "  " + json.dumps(reason, ensure_ascii=False)[1:-1]
    if len(reasons) > REASONS:
        yield f"  and {len(reasons) - REASONS} more in the report"
    yield f"verdict    {report['verdict'].upper()}"


def _pairs(figures: dict[str, Any], *names: str) -> str:
    return "  ".join(f"{name} {'-' if figures.get(name) is None else figures[name]}" for name in names)


def _equal(runs: list[dict[str, Any]]) -> int:
    return sum(run["digest_source"] == run["digest_target"] for run in runs)


def _passed(steps: list[dict[str, Any]]) -> int:
    return sum(step["ok"] for step in steps)
