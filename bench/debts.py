"""Debts in the ledger of the bench, and the drain that pays them."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from bench.rounds import NotMeasured
from chat.conf import Role
from chat.data import Comment, StoreId
from chat.stores.registry import open_store
from migration.enums import DebtState
from migration.ledger.drain import drain
from migration.ledger.entries import UNPAID, keep
from migration.ledger.lines import Entry
from migration.models import Debt

LONGEST_SECONDS = 120.0


def owe(comments: Sequence[Comment], *, holder: StoreId, owed: StoreId) -> None:
    """The holder gets the comments, the ledger their debts."""
    open_store(holder, Role.WORKER).upsert_many(list(comments))
    keep(
        [
            Entry(comment=comment, holder=holder, owed=owed, state=DebtState.OPEN, cause="a bench")
            for comment in comments
        ]
    )


def pay_all() -> None:
    """As the worker does, one batch after the other, without its pauses. Raises `NotMeasured` if it gets stuck."""
    deadline = monotonic() + LONGEST_SECONDS
    while Debt.objects.filter(state__in=UNPAID).exists():
        drain(open_store)
        if monotonic() > deadline:
            raise NotMeasured(f"debts are left after {LONGEST_SECONDS:.0f} s: {_why()}")


def check_paid(comments: Sequence[Comment], *, owed: StoreId) -> None:
    """Raises `NotMeasured` unless the ledger says that all are paid and the store has them. Then forgets them."""
    paid = Debt.objects.filter(state=DebtState.PAID).count()
    found = open_store(owed, Role.WORKER).get_many(comments)
    if paid != len(comments) or found != list(comments):
        there = sum(one is not None for one in found)
        raise NotMeasured(f"of {len(comments)} debts {paid} are paid and {there} comments are there: {_why()}")
    Debt.objects.all().delete()


def _why() -> str:
    return Debt.objects.exclude(last_error="").values_list("last_error", flat=True).first() or "no error is noted"
