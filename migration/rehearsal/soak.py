"""`make soak`: the long campaigns, and a dated record of what came of them.

Long outages, kills at random moments, property tests with more examples, and whole rehearsals with one seed after the
other. Runs before Django is set up, because the engines' addresses are settings.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from chatproject.env import BASE_DIR
from migration.rehearsal.campaigns import FULL_MINUTES, play_suite, suites
from migration.rehearsal.demo import addresses, devstack, stop_kept
from migration.rehearsal.rounds import rehearse

FOLDER = BASE_DIR / "docs" / "soak"
VAR = BASE_DIR / "var" / "soak"
PARTS = ("outages", "kills", "examples", "rehearsals")

Play = Callable[[], dict[str, Any]]


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stop_kept()
    were_up = devstack("status", quiet=True) == 0
    if devstack("up", "--in-memory"):
        return 3
    try:
        record = play(options)
    except KeyboardInterrupt:
        print("interrupted; every process of the soak has been ended", file=sys.stderr)
        return 1
    finally:
        if not were_up:
            devstack("down")
    path = write(record, only=options.only)
    print(f"soak: {record['verdict']}; see {path.relative_to(BASE_DIR)}")
    return 0 if record["verdict"] == "pass" else 1


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=minutes, default=FULL_MINUTES, help="about how long, on two cores")
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--seed", type=int, default=1, help="of kills and examples, and of the first rehearsal")
    parser.add_argument("--comments", type=int, default=20_000, help="in the table of a rehearsal")
    parser.add_argument("--seconds", type=int, default=60, help="of traffic in a rehearsal, at least")
    return parser


def minutes(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 1 <= found <= 24 * 60:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes from 1 to 1440")
    return found


def play(options: argparse.Namespace) -> dict[str, Any]:
    """Each part, though an earlier one failed. The record has its facts by name."""
    began, until = time.monotonic(), time.monotonic() + options.minutes * 60
    parts: dict[str, Any] = {}
    for name, (says, play_part) in plan(options, until).items():
        left = max(0.0, until - time.monotonic()) / 60
        print(f"soak: {name}: {says} (about {left:.0f} min to the end of the soak)", flush=True)
        started = time.monotonic()
        parts[name] = play_part() | {"seconds": round(time.monotonic() - started)}
        print(f"soak: {name}: {parts[name]['verdict']} after {parts[name]['seconds']} s", flush=True)
    verdict = "pass" if all(part["verdict"] == "pass" for part in parts.values()) else "fail"
    facts = {"minutes": options.minutes, "seed": options.seed, "seconds": round(time.monotonic() - began)}
    return surroundings() | facts | {"verdict": verdict, "parts": parts}


def plan(options: argparse.Namespace, until: float) -> dict[str, tuple[str, Play]]:
    """What each part says of itself, and how it is played, in order."""
    environment = environment_of_tests()
    parts: dict[str, tuple[str, Play]] = {
        suite.name: (suite.says, partial(play_suite, suite, folder=VAR, environment=environment))
        for suite in suites(minutes=options.minutes, seed=options.seed)
    }
    parts["rehearsals"] = (
        "one seed after the other, in the time that is left",
        partial(rehearse, options, until, folder=VAR),
    )
    return {name: part for name, part in parts.items() if options.only in (None, name)}


def environment_of_tests() -> dict[str, str]:
    """As `make test` has it: the settings under test are the defaults, whatever the shell says."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DB_BACKEND", "DATABASE_URL")}
    own = {"LOG_LEVEL": "ERROR", "VAR_DIR": str(VAR / "var"), "DYNAMODB_TABLE": "chat_test", "KEYSPACE": "chat_test"}
    return kept | addresses() | own


def surroundings() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "commit": commit(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "memory_gb": round(memory / 2**30, 1),
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "python": platform.python_version(),
        },
    }


def commit() -> str:
    """With `-dirty` when files differ from it."""
    asked = ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    return subprocess.run(asked, cwd=BASE_DIR, capture_output=True, text=True, check=True).stdout.strip()


def write(record: Mapping[str, Any], *, only: str | None) -> Path:
    """A part alone has a file of its own, so that it never stands for the whole."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{datetime.now(UTC):%Y-%m-%d}{f'-{only}' if only else ''}.json"
    path.write_text(json.dumps(record, indent=2) + "\n")
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
