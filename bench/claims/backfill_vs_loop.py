"""A backfill beside a bare loop that scans and writes batches, one process each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bench.claim import Case, Claim, Engine, Run, Size
from bench.comments import table
from bench.peers import clients
from bench.peers.copying import copy
from bench.peers.writes import insert_statement
from bench.rounds import NotMeasured, Take, measure
from bench.routing import stand_in
from bench.tables import count_cql, empty_cql, fill_dynamodb
from bench.timing import rate
from migration.backfill import runs
from migration.backfill.working import work
from migration.enums import Phase, RunState
from migration.management.waiting import work_inline

ITEMS = Size(full=20_000, quick=4_000)
ROOMS = 50


def _measure(run: Run) -> Iterator[Case]:
    comments = table(comments=run.of(ITEMS), rooms=ROOMS)
    fill_dynamodb(comments)
    # A backfill counts only while writes are mirrored, so it refuses to start before (protocol F2).
    stand_in(Phase.DUAL)
    with clients.cql() as session:
        client, statement = clients.dynamodb(connections=2), insert_statement(session)
        ours = _copied(_backfill, session, len(comments))
        bare = _copied(lambda: copy(client, session, statement), session, len(comments))
        yield Case("scan", list(measure(run.effort, ours=ours, peer=bare)))


def _copied(copying: Callable[[], object], session: Any, items: int) -> Take:
    """Into an empty table each time, and counted afterwards."""

    def take() -> float:
        empty_cql(session)
        found = rate(copying, count=items)
        if (there := count_cql(session)) != items:
            raise NotMeasured(f"{there} of {items} items were copied: see `manage.py backfill`")
        return found

    return take


def _backfill() -> None:
    """What `backfill start --inline` does, the end of the run included."""
    run = work_inline(runs.start(segments=runs.DEFAULT_SEGMENTS, actor="bench"), work, runs.close_if_done, _quietly)
    if run.state != RunState.DONE:
        raise NotMeasured(f"the backfill failed: {run.error}")


def _quietly() -> None:
    """Shows no progress."""


CLAIM = Claim(
    name="backfill_vs_loop",
    statistic="median",
    unit="items/s",
    what_ours=f"a backfill of {ITEMS.full:,} items in one process: four segments, cursors and accounts saved per page",
    what_peer="a loop over one scan with boto3, the next page read ahead, each page written as unlogged batches of "
    "one partition with the CQL driver; in one process; no cursor, no accounts, no quarantine",
    engines=frozenset(Engine),
    measure=_measure,
    more_is_better=True,
)
