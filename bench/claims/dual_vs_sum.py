"""A post that goes to both stores beside the two writes it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.claim import Case, Claim, Engine, Run, Size
from bench.comments import fresh
from bench.peers import clients
from bench.peers.writes import Write, conditional_put, insert, insert_statement
from bench.rounds import NotMeasured, Take, measure
from bench.routing import serving
from bench.timing import MS, timed
from chat.routing.router import Router
from migration.enums import Phase
from migration.models import Debt

CALLS = Size(full=100, quick=20)
ROOM, NAME, TEXT = "chat", "ann", "good morning, all of you"


def _measure(run: Run) -> Iterator[Case]:
    with clients.cql() as session, serving() as process:
        ours, bare = _takes(process.router(Phase.DUAL), session)
        yield Case("post", list(measure(run.effort, ours=ours, peer=bare, calls=run.of(CALLS))))
    if owed := Debt.objects.count():
        raise NotMeasured(f"{owed} posts did not reach the mirror in time: free the machine, or see why CQL is slow")


def _takes(router: Router, session: Any) -> tuple[Take, Take]:
    client, statement = clients.dynamodb(connections=1), insert_statement(session)
    comments = fresh(room=ROOM, name=NAME)

    def ready() -> tuple[Write, Write]:
        comment = next(comments)
        return conditional_put(client, comment), insert(session, statement, comment)

    def bare() -> float:
        put, mirror = ready()
        return timed(put, unit=MS) + timed(mirror, unit=MS)

    def ours() -> float:
        # Thrown away. After a wait for an engine the first code to run is slow; it is the same on both sides so.
        ready()
        return timed(lambda: router.post(room=ROOM, name=NAME, text=TEXT), unit=MS)

    return ours, bare


CLAIM = Claim(
    name="dual_vs_sum",
    statistic="median",
    unit="ms",
    what_ours="one post in phase dual: DynamoDB decides, CQL is mirrored",
    what_peer="one conditional put with boto3 plus one prepared insert with the CQL driver, each ready made and sent "
    "alone, their times added up",
    engines=frozenset(Engine),
    measure=_measure,
)
