"""How long a change of flags takes until every process acts by it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import cycle
from math import ceil

from bench.claim import Case, Claim, Run, Size
from bench.holders import holding
from bench.rounds import NotMeasured, measure
from bench.routing import stand_in
from chat.data import Endpoint
from migration.enums import Phase, Step
from migration.models import StoreState
from migration.transitions.moving import carry_out
from migration.transitions.planning import Wish

PROCESSES = 8
FLIPS = Size(full=20, quick=5)
FLIPS_UNTOLD = Size(full=4, quick=2)
"""Without Redis a process learns within a second that something moves, so each takes about as long."""
WAIT_SECONDS = 10.0
SHARES = cycle((40, 60))
NO_REDIS = "redis://127.0.0.1:1/0"


def _measure(run: Run) -> Iterator[Case]:
    StoreState.objects.update(complete=True)
    effort = run.effort.shared_by(2)
    for name, flips, variables in (("Redis up", FLIPS, {}), ("Redis away", FLIPS_UNTOLD, {"REDIS_URL": NO_REDIS})):
        stand_in(Phase.CUTOVER)
        with holding(PROCESSES, **variables):
            yield Case(name, list(measure(effort, ours=partial(_slowest, run.of(flips)), peer=None)))


def _slowest(flips: int) -> float:
    """The 99th percentile of some flips, by nearest rank."""
    took = sorted(_flip(next(SHARES)) for _ in range(flips))
    return took[ceil(0.99 * len(took)) - 1]


def _flip(percent: int) -> float:
    """Milliseconds from the commit of a change until all processes confirmed it."""
    wish = Wish(Endpoint.LATEST_COMMENTS, "ramp", actor="bench", reason="a bench", percent=percent)
    done = carry_out(wish, wait=WAIT_SECONDS)
    if done.step != Step.DONE or done.holders != PROCESSES or done.ack_ms is None:
        raise NotMeasured(f"{done.holders} of {PROCESSES} processes confirmed: {done.detail}")
    return done.ack_ms


CLAIM = Claim(
    name="flip_ack",
    statistic="p99",
    unit="ms",
    what_ours=f"from the commit of a changed share until {PROCESSES} processes on one machine have confirmed it",
    what_peer=None,
    engines=frozenset(),
    measure=_measure,
)
