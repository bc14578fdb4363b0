"""Measures one claim in this process, from the check of the engines to the file. Django is set up already."""

from __future__ import annotations

import sys
from pathlib import Path

from bench import claim as claims
from bench import ground, loopback, result
from bench.claim import Case, Claim, Run
from bench.rounds import Effort, NotMeasured
from chat.conf import env
from chat.exceptions import StoreUnavailable
from chat.management.base import REFUSED, UNREACHABLE, unreachable

FULL = Effort(rounds=12, seconds=120.0)
"""Twice that is the most a claim takes before it gives up: with set-up and engines it ends within 8 minutes."""
QUICK = Effort(rounds=5, seconds=60.0)


def run_claim(name: str, *, quick: bool, results: Path) -> int:
    claim = claims.find(name)
    try:
        loopback.check(env())
        ground.check_reachable(claim.engines)
    except loopback.NotLoopback as error:
        return _failed(str(error), UNREACHABLE)
    except StoreUnavailable as error:
        return _failed(unreachable(error), UNREACHABLE)
    try:
        with ground.prepared(claim.engines):
            cases = _measured(claim, Run(effort=QUICK if quick else FULL, quick=quick))
            versions = ground.versions(claim.engines)
    except NotMeasured as error:
        return _failed(f"{name}: {error}", REFUSED)
    command = f"python -m bench {name}{' --quick' if quick else ''}"
    path = result.write(result.as_json(claim, cases, command=command, versions=versions), results)
    _say(f"{_line(claim, claim.worst(cases))}\nwritten to {path}")
    return 0


def _measured(claim: Claim, run: Run) -> list[Case]:
    cases = []
    for case in claim.measure(run):
        _say(_line(claim, case))
        cases.append(case)
    return cases


def _line(claim: Claim, case: Case) -> str:
    """One case in words a person can judge by."""
    found = case.figures
    beside = "" if found.peer is None else f", peer {found.peer:.4g}: ratio {found.ratio:.3f}"
    noise = f"A/A {found.aa_ratio:.3f}, spread {found.spread:.2f} over {len(case.rounds)} rounds"
    return f"{claim.name} [{case.name}]: {claim.statistic} {found.ours:.4g} {claim.unit}{beside} ({noise})"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _failed(text: str, code: int) -> int:
    sys.stderr.write(f"{text}\n")
    return code
