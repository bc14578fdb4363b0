"""What clients notice while the right to decide writes moves from one store to the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import cycle

from bench.claim import Case, Claim, Engine, Run, Size
from bench.posting import Load, posting
from bench.rounds import NotMeasured, measure
from bench.routing import stand_in
from bench.timing import MS
from chat.data import Endpoint
from migration.enums import Kind, Phase, ReadFlag
from migration.models import Route, StoreState
from migration.transitions.moving import carry_out
from migration.transitions.planning import Wish

PER_SECOND = 200.0
CLIENTS = 16
SETTLE_SECONDS = 1.0
MOVES = Size(full=2, quick=1)
"""There and back, so many times for one figure."""


def _measure(run: Run) -> Iterator[Case]:
    stand_in(Phase.DUAL)
    # Writes cut over only when every read is answered by the target.
    reads = Route.objects.filter(kind=Kind.READ)
    reads.update(phase=Phase.CUTOVER, read_flag=ReadFlag.TARGET_RAMP, ramp_percent=100)
    StoreState.objects.update(complete=True)
    verbs = cycle(("advance", "rollback"))
    with posting(clients=CLIENTS, per_second=PER_SECOND) as load:

        def longest() -> float:
            """Of all posts that were under way in any of the moves."""
            return max(_longest_post(load, next(verbs)) for _ in range(2 * run.of(MOVES)))

        time.sleep(SETTLE_SECONDS)
        rounds = list(measure(run.effort, ours=longest, peer=None))
        yield Case(f"{_answered(load):.0f} of {PER_SECOND:.0f} posts/s", rounds)


def _longest_post(load: Load, verb: str) -> float:
    """In milliseconds."""
    time.sleep(SETTLE_SECONDS)
    began = time.monotonic()
    carry_out(Wish(Endpoint.POST_COMMENT, verb, actor="bench", reason="a bench"), wait=10.0)
    ended = time.monotonic()
    time.sleep(SETTLE_SECONDS)
    return max((one.ended - one.began for one in load.between(began, ended)), default=0.0) * MS


def _answered(load: Load) -> float:
    """Posts a second. Raises `NotMeasured` when one failed, or the machine bears less than half of the load."""
    failed = [one for one in load.answers if one.status != 200]
    if failed:
        raise NotMeasured(f"{len(failed)} of {len(load.answers)} posts failed, the first with {failed[0].status}")
    seconds = load.answers[-1].ended - load.answers[0].began
    if (reached := len(load.answers) / seconds) < PER_SECOND / 2:
        raise NotMeasured(f"only {reached:.0f} of {PER_SECOND:.0f} posts a second were answered: free the machine")
    return reached


CLAIM = Claim(
    name="authority_pause",
    statistic="max",
    unit="ms",
    what_ours=f"the longest post while the authority moves: up to {PER_SECOND:.0f} posts a second to two web "
    "processes, none failed",
    what_peer=None,
    engines=frozenset(Engine),
    measure=_measure,
)
