"""The parts of `make soak` that are suites of the tests in a longer form, and what came of one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

from chatproject.env import BASE_DIR

END_SECONDS = 60.0
"""A suite that is told to end stops its own processes first."""
FULL_MINUTES = 25
"""The length of a soak at which outages last a minute; in a shorter one everything is shorter."""
FULL_OUTAGE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Suite:
    """`limit` in seconds; `variables` are read by the tests only."""

    name: str
    says: str
    words: tuple[str, ...]
    limit: float
    variables: Mapping[str, str] = field(default_factory=dict)


def suites(*, minutes: float, seed: int) -> tuple[Suite, ...]:
    """About a fifth of the time each; half as much again, and start and end, before they count as hung."""
    part, limit = minutes / FULL_MINUTES, minutes * 60 / 5 * 1.5 + 300
    away = max(5, min(FULL_OUTAGE_SECONDS, round(FULL_OUTAGE_SECONDS * part)))
    kills, times = max(1, round(12 * part)), max(2, round(10 * part))
    outages = ("tests/faults/test_mirror_outage.py", "tests/faults/test_database_outage.py", "--dist=loadfile")
    return (
        Suite(
            "outages", f"engines and control database away for {away} s", outages, limit, {"SOAK_SECONDS": str(away)}
        ),
        Suite(
            "kills",
            f"web processes killed {kills} times in either direction",
            # Either direction in a process of its own.
            ("tests/faults/test_killed_at_random.py", "--dist=load"),
            limit,
            {"SOAK_KILLS": str(kills), "SOAK_SEED": str(seed)},
        ),
        Suite(
            "examples",
            f"property tests with {times} times as many examples",
            (
                *property_tests(),
                "--dist=loadfile",
                "--hypothesis-profile=soak",
                f"--hypothesis-seed={seed}",
                f"--timeout={limit:.0f}",
            ),
            limit,
            {"SOAK_EXAMPLES": str(times)},
        ),
    )


def property_tests() -> list[str]:
    found = (path for path in (BASE_DIR / "tests").rglob("test_*.py") if "from hypothesis import" in path.read_text())
    return sorted(str(path.relative_to(BASE_DIR)) for path in found)


def play_suite(suite: Suite, *, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """The suite's verdict with the reasons, its tests, and what its campaigns noted."""
    folder.mkdir(parents=True, exist_ok=True)
    notes, results = folder / f"{suite.name}.jsonl", folder / f"{suite.name}.xml"
    for left in (notes, results):
        left.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n2", f"--junitxml={results}", *suite.words]
    with nothing_left() as mark:
        surroundings = {**environment, **suite.variables, **mark, "SOAK_NOTES": str(notes)}
        code = run_bounded(command, environment=surroundings, limit=suite.limit)
    reasons = reasons_against(code, results, limit=suite.limit)
    return {
        "verdict": "fail" if reasons else "pass",
        "verdict_reasons": reasons,
        "tests": count_tests(results),
        "campaigns": read_notes(notes),
    }


def run_bounded(command: Sequence[str], *, environment: Mapping[str, str], limit: float) -> int | None:
    """The exit code, or None when it had to be ended after `limit` seconds."""
    # A session of its own: Ctrl-C reaches this process alone, which then ends the other one in order.
    child = subprocess.Popen(command, cwd=BASE_DIR, env=dict(environment), start_new_session=True)
    try:
        return child.wait(limit)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(child)


@contextmanager
def nothing_left() -> Iterator[dict[str, str]]:
    """Whatever has the variable of this block is ended with it, in whichever session it is.

    A suite that is killed, or a server that is, leaves workers behind. Not for rehearsals: they stop the CQL engine and
    start it again, and it stays.
    """
    run = str(uuid4())
    try:
        yield {"SOAK_RUN": run}
    finally:
        _end_marked(f"SOAK_RUN={run}".encode())


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        # As by Ctrl-C: it then stops what it has started, which may run in sessions of its own.
        os.killpg(child.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            child.wait(END_SECONDS)
        child.kill()
    child.wait()


def _end_marked(mark: bytes) -> None:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)


def reasons_against(code: int | None, results: Path, *, limit: float) -> list[str]:
    """Empty when all is well."""
    if code is None:
        return [f"ended after {limit:.0f} s, the limit"]
    failing = failing_tests(results)
    return failing if failing or code == 0 else [f"pytest ended with code {code}"]


def failing_tests(results: Path) -> list[str]:
    return [
        f"{case.get('classname')}::{case.get('name')}"
        for case in _cases(results)
        if case.find("failure") is not None or case.find("error") is not None
    ]


def count_tests(results: Path) -> int:
    return len(_cases(results))


def _cases(results: Path) -> list[ElementTree.Element]:
    """None where pytest was killed before it wrote them."""
    return list(ElementTree.parse(results).iter("testcase")) if results.exists() else []


def read_notes(notes: Path) -> list[dict[str, Any]]:
    """By the name of the campaign: they run side by side."""
    lines = notes.read_text().splitlines() if notes.exists() else []
    return sorted((json.loads(line) for line in lines), key=lambda one: str(one["campaign"]))
