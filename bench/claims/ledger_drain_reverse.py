"""How fast debts to DynamoDB are paid, which takes the way back of the write authority."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from bench.claim import Case, Claim, Engine, Run, Size
from bench.comments import fresh
from bench.debts import check_paid, owe, pay_all
from bench.peers import clients
from bench.peers.putting import put_all
from bench.rounds import measure
from bench.timing import rate
from chat.data import Comment, StoreId
from chat.stores.dynamodb.store import WRITE_THREADS

DEBTS = Size(full=1000, quick=200)
ROOM = "chat"


def _measure(run: Run) -> Iterator[Case]:
    client = clients.dynamodb(connections=WRITE_THREADS)
    endless = {name: fresh(room=ROOM, name=name) for name in ("a", "b")}

    def some(name: str) -> list[Comment]:
        return list(islice(endless[name], run.of(DEBTS)))

    def drained() -> float:
        comments = some("a")
        owe(comments, holder=StoreId.SCYLLA_ROOM, owed=StoreId.DYNAMODB)
        found = rate(pay_all, count=len(comments))
        check_paid(comments, owed=StoreId.DYNAMODB)
        return found

    with ThreadPoolExecutor(WRITE_THREADS) as pool:

        def bare() -> float:
            comments = some("b")
            return rate(lambda: put_all(pool, client, comments), count=len(comments))

        yield Case("to DynamoDB", list(measure(run.effort, ours=drained, peer=bare)))


CLAIM = Claim(
    name="ledger_drain_reverse",
    statistic="median",
    unit="rows/s",
    what_ours="debts to DynamoDB paid by one process: put conditionally, read back strongly, closed durably",
    what_peer=f"conditional puts alone with boto3, from {WRITE_THREADS} threads, as the drain's",
    engines=frozenset(Engine),
    measure=_measure,
    more_is_better=True,
)
