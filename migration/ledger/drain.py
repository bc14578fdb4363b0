"""Which debts are paid when, and how fast; `paying` says how."""

from __future__ import annotations

from functools import partial
from time import monotonic, sleep

from django.db.models import QuerySet
from django.utils import timezone

from chat.conf import env
from chat.data import StoreId
from migration.enums import DebtState
from migration.ledger.closing import unpaid
from migration.ledger.entries import under_way
from migration.ledger.leases import leased
from migration.ledger.paying import Drained, OpenStore, Payer
from migration.models import Debt

__all__ = ["Drained", "OpenStore", "drain", "drain_everything", "drain_for"]

BATCH = 200


def drain(open_store: OpenStore, *, owed: StoreId | None = None, at_once: bool = False) -> Drained:
    """Tries one batch, oldest first. `owed` narrows it to one store; `at_once` is for a hold: see `_drain_at_once`.

    Of two drains at once each has a batch of its own (`leases`). An entry that is paid twice all the same, because a
    lease ran out, is the same row twice.
    """
    done = Drained()
    if at_once:
        _drain_at_once(open_store, owed, done)
        return done
    with leased(partial(_due, owed), BATCH) as batch:
        if batch is not None:
            entries, pulse = batch
            Payer(open_store, done, going_on=pulse).pay_all(entries)
    return done


def _drain_at_once(open_store: OpenStore, owed: StoreId | None, done: Drained) -> None:
    """Ignores backoff and leases: writers wait. Nobody writes in a hold, so nothing is deleted meanwhile either (D3),
    and the store that is left need not answer (F8)."""
    Payer(open_store, done, counted=False, watched=False).pay_all(_payable(owed)[:BATCH])


def _payable(owed: StoreId | None) -> QuerySet[Debt]:
    entries = Debt.objects.filter(state__in=[DebtState.OPEN, DebtState.UNSETTLED])
    if owed is not None:
        # An unsettled write has no certain holder yet; whichever store it is owed to, settle it as well.
        entries = entries.filter(owed=owed) | entries.filter(state=DebtState.UNSETTLED)
    # By when they are due: entries that cannot be paid do not stand before the others for ever.
    return entries.order_by("next_try_at", "pk")


def _due(owed: StoreId | None) -> QuerySet[Debt]:
    return _payable(owed).filter(next_try_at__lte=timezone.now())


def drain_for(open_store: OpenStore, *, seconds: float) -> Drained:
    """Batch after batch, at most LEDGER_ROWS_PER_SECOND, until nothing more can be paid or the time is up."""
    began = monotonic()
    total = Drained()
    while monotonic() - began < seconds:
        done = drain(open_store)
        total.add(done)
        if not (done.paid or done.void):
            break
        ahead = (total.paid + total.void) / env().ledger_rows_per_second - (monotonic() - began)
        sleep(max(0.0, ahead))
    return total


def drain_everything(open_store: OpenStore) -> Drained:
    """Tries each unpaid entry once, now, for an operator: also what had been given up, or was in conflict."""
    done, last = Drained(), 0
    while batch := list(unpaid().exclude(pk__in=under_way()).filter(pk__gt=last).order_by("pk")[:BATCH]):
        Payer(open_store, done, counted=False).pay_all(batch)
        last = batch[-1].pk
    return done
