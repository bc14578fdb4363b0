"""The part of `make soak` that plays whole rehearsals, one seed after the other."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from time import monotonic
from typing import Any

from chatproject.env import BASE_DIR
from migration.rehearsal.campaigns import run_bounded
from migration.rehearsal.demo import addresses

COUNTS = ("requests", "acknowledged", "failed", "lost", "duplicated", "longest_gap_ms", "p99_ms")
LIMIT_SECONDS = 1200.0
FIRST_SECONDS = 300.0
"""A guess how long one takes, until one has been seen."""


def rehearse(options: argparse.Namespace, until: float, *, folder: Path) -> dict[str, Any]:
    """At least one, and as many more as fit before `until` of the monotonic clock."""
    rounds: list[dict[str, Any]] = []
    longest = FIRST_SECONDS
    while not rounds or until - monotonic() >= longest:
        started = monotonic()
        rounds.append(play_rehearsal(options.seed + len(rounds), options, folder=folder))
        took = monotonic() - started
        longest = took if len(rounds) == 1 else max(longest, took)
        print(f"soak: rehearsal with seed {rounds[-1]['seed']}: {rounds[-1]['verdict']}", flush=True)
    reasons = [f"seed {one['seed']}: {reason}" for one in rounds for reason in one["verdict_reasons"]]
    failed = any(one["verdict"] != "pass" for one in rounds)
    return {"verdict": "fail" if failed else "pass", "verdict_reasons": reasons, "rounds": rounds}


def play_rehearsal(seed: int, options: argparse.Namespace, *, folder: Path) -> dict[str, Any]:
    """A round that made no report counts as failed."""
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / "rehearsal-report.json"
    report.unlink(missing_ok=True)
    words = [f"--report={report}", f"--seed={seed}", f"--comments={options.comments}", f"--seconds={options.seconds}"]
    command = [sys.executable, str(BASE_DIR / "manage.py"), "rehearse", *words]
    run_bounded(command, environment=dict(os.environ) | addresses(), limit=LIMIT_SECONDS)
    return {"seed": seed} | summary(report)


def summary(report: Path) -> dict[str, Any]:
    if not report.exists():
        return {"verdict": "fail", "verdict_reasons": ["no report was made"]}
    document = json.loads(report.read_text())
    kept = {name: document["traffic"][name] for name in COUNTS}
    outage = {"outage": document["outage"]} if "outage" in document else {}
    return {name: document[name] for name in ("verdict", "verdict_reasons", "seconds")} | kept | outage
