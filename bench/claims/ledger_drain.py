"""How fast debts to CQL are paid, after an outage of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from bench.claim import Case, Claim, Engine, Run, Size
from bench.comments import fresh
from bench.debts import check_paid, owe, pay_all
from bench.rounds import measure
from bench.timing import rate
from chat.data import StoreId

DEBTS = Size(full=2000, quick=400)
ROOM, NAME = "chat", "ann"


def _measure(run: Run) -> Iterator[Case]:
    endless = fresh(room=ROOM, name=NAME)

    def drained() -> float:
        comments = list(islice(endless, run.of(DEBTS)))
        owe(comments, holder=StoreId.DYNAMODB, owed=StoreId.SCYLLA_ROOM)
        found = rate(pay_all, count=len(comments))
        check_paid(comments, owed=StoreId.SCYLLA_ROOM)
        return found

    yield Case("to CQL", list(measure(run.effort, ours=drained, peer=None)))


CLAIM = Claim(
    name="ledger_drain",
    statistic="median",
    unit="rows/s",
    what_ours="debts to CQL paid by one process: written, read back strongly, closed durably in the ledger",
    what_peer=None,
    engines=frozenset(Engine),
    measure=_measure,
    more_is_better=True,
)
