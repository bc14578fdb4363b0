"""`make soak`: rehearsals one after the other, each with another seed, and a dated record of what came of them."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chatproject.env import BASE_DIR

FOLDER = BASE_DIR / "docs" / "soak"
REPORT = BASE_DIR / "var" / "rehearsal-report.json"
COUNTS = ("requests", "acknowledged", "failed", "lost", "duplicated", "longest_gap_ms", "p99_ms")


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    rounds = [play(seed, options) for seed in range(options.seed, options.seed + options.rounds)]
    record = {"commit": commit(), "at": datetime.now(UTC).isoformat(timespec="seconds"), "rounds": rounds}
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{datetime.now(UTC):%Y-%m-%d}.json"
    path.write_text(json.dumps(record, indent=2) + "\n")
    passed = sum(one["verdict"] == "pass" for one in rounds)
    print(f"{passed} of {len(rounds)} rehearsals passed; see {path.relative_to(BASE_DIR)}")
    return 0 if passed == len(rounds) else 1


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    parser.add_argument("--comments", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=180)
    return parser


def play(seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """One rehearsal; a round that made no report counts as failed."""
    REPORT.unlink(missing_ok=True)
    words = [f"--seed={seed}", f"--comments={options.comments}", f"--seconds={options.seconds}"]
    subprocess.run([sys.executable, "-m", "migration.rehearsal.demo", *words, "--no-keep"], cwd=BASE_DIR, check=False)
    return {"seed": seed} | summary(REPORT)


def summary(report: Path) -> dict[str, Any]:
    if not report.exists():
        return {"verdict": "fail", "verdict_reasons": ["no report was made"]}
    document = json.loads(report.read_text())
    kept = {name: document["traffic"][name] for name in COUNTS}
    return {name: document[name] for name in ("verdict", "verdict_reasons", "seconds")} | kept


def commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=BASE_DIR, capture_output=True, text=True, check=True)
    return asked.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
