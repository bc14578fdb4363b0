"""A full parity run beside reading the slower of the two stores."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bench.claim import Case, Claim, Engine, Run, Size
from bench.comments import table
from bench.peers import clients
from bench.peers.reading import read_cql, read_dynamodb
from bench.rounds import NotMeasured, measure
from bench.routing import stand_in
from bench.tables import fill_dynamodb
from bench.timing import rate
from chat.conf import Role
from chat.data import StoreId
from chat.stores.registry import open_store
from migration.enums import Phase
from migration.management.waiting import work_inline
from migration.parity import runs

ITEMS = Size(full=20_000, quick=4_000)
ROOMS = 50


def _measure(run: Run) -> Iterator[Case]:
    comments = table(comments=run.of(ITEMS), rooms=ROOMS)
    fill_dynamodb(comments)
    open_store(StoreId.SCYLLA_ROOM, Role.WORKER).upsert_many(comments)
    stand_in(Phase.DUAL)
    rooms, count = sorted({comment.room for comment in comments}), len(comments)
    with clients.cql() as session:
        client = clients.dynamodb(connections=1)

        def bare() -> float:
            reads = (lambda: read_dynamodb(client, rooms), lambda: read_cql(session, rooms))
            return min(rate(read, count=count) for read in reads)

        ours = partial(rate, lambda: _compare(count), count=count)
        yield Case("all rooms", list(measure(run.effort, ours=ours, peer=bare)))


def _compare(comments: int) -> None:
    """What `parity run --inline` does, finding the rooms included."""
    run = work_inline(runs.start(actor="bench"), runs.work, runs.close_if_done, _quietly)
    found = runs.totals(run)
    if not found["clean"] or found["compared"] != comments:
        raise NotMeasured(f"parity found {found}, not {comments} equal comments; {run.error}")


def _quietly() -> None:
    """Shows no progress."""


CLAIM = Claim(
    name="parity_vs_read",
    statistic="median",
    unit="comments/s",
    what_ours=f"a full parity run over {ITEMS.full:,} equal comments in {ROOMS} rooms, in one process, with the search "
    "for the rooms, both reads, the comparison and the digests",
    what_peer="reading the same rooms with boto3 from the index, or with the CQL driver from the table, whichever is "
    "slower; in one process; nothing is done with what is read",
    engines=frozenset(Engine),
    measure=_measure,
    more_is_better=True,
)
