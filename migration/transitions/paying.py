"""Pays, inside a hold, what the new authority is owed (protocol F6): all of it before the limit, or the move ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.db import connections

from chat.data import StoreId
from chat.stores.registry import open_store
from migration.enums import DebtState
from migration.exceptions import Refused
from migration.guards.answer import Answer
from migration.ledger.drain import drain
from migration.models import Debt

LOOK_SECONDS = 0.02


def pay_until(deadline: float, owed: StoreId, *, still: Callable[[], None]) -> None:
    """Raises `Refused` when something is owed at the deadline (by the monotonic clock), or cannot be paid now.

    A store may take longer over one payment than the whole hold may last, so it is paid by another thread. Left
    behind, that one only goes on paying: its writes are idempotent.
    """
    if nothing_owed(owed).ok:
        return
    payer = threading.Thread(target=_pay, args=(owed, deadline), name="hold-payer", daemon=True)
    payer.start()
    while payer.is_alive() and time.monotonic() < deadline:
        payer.join(LOOK_SECONDS)
        still()
    answer = nothing_owed(owed)
    if not answer.ok:
        raise Refused([answer.reason])


def _pay(owed: StoreId, deadline: float) -> None:
    try:
        while not nothing_owed(owed).ok and time.monotonic() < deadline:
            done = drain(open_store, owed=owed, at_once=True)
            if done.postponed or not (done.paid or done.void):
                # A store that cannot take them now is no authority to move to: writers would wait for nothing.
                return
    finally:
        connections["default"].close()


def nothing_owed(owed: StoreId) -> Answer:
    """An authority must have every comment; an unsettled one may be anywhere (protocol F6, W3). Cannot be waived."""
    unpaid = [DebtState.OPEN, DebtState.CONFLICT, DebtState.FAILED]
    debts = Debt.objects.filter(owed=owed, state__in=unpaid).count()
    unsettled = Debt.objects.filter(state=DebtState.UNSETTLED).count()
    ok = not debts and not unsettled
    reason = "nothing is owed to it" if ok else f"{debts} comments owed to it, {unsettled} unsettled"
    return Answer("owed", ok=ok, reason=f"{owed}: {reason}", evidence={"owed": debts, "unsettled": unsettled})
