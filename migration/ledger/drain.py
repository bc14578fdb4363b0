"""Pays debts: write, read back strongly, close only what is seen to be equal (protocol D2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic, sleep

import structlog
from django.db import Error
from django.db.models import QuerySet
from django.utils import timezone

from chat.conf import Role, env
from chat.data import StoreId
from chat.exceptions import MirrorConflict, OutcomeUnknown, StoreError, StoreUnavailable
from chat.routing.authority import holds, settle
from chat.stores.base import Store
from migration.apply.writer import write_verified
from migration.enums import DebtState
from migration.models import Debt

log = structlog.get_logger(__name__)

OpenStore = Callable[[StoreId, Role], Store]

BATCH = 200
FIRST_BACKOFF_SECONDS = 1.0
LONGEST_BACKOFF_SECONDS = 60.0
SETTLED = (DebtState.PAID, DebtState.VOID)


@dataclass(slots=True)
class Drained:
    """Counts of one call, and the stores that were found away in it."""

    paid: int = 0
    void: int = 0
    postponed: int = 0
    away: set[str] = field(default_factory=set)

    def add(self, other: Drained) -> None:
        self.paid += other.paid
        self.void += other.void
        self.postponed += other.postponed
        self.away |= other.away


def drain(open_store: OpenStore, *, owed: StoreId | None = None, at_once: bool = False) -> Drained:
    """Tries one batch, oldest first. `owed` narrows it to one store; `at_once` ignores backoff, for a hold.

    Two drains at once pay an entry twice at most, which changes nothing: the writes are idempotent.
    """
    entries = Debt.objects.filter(state__in=[DebtState.OPEN, DebtState.UNSETTLED])
    if owed is not None:
        # An unsettled write has no certain holder yet; whichever store it is owed to, settle it as well.
        entries = entries.filter(owed=owed) | entries.filter(state=DebtState.UNSETTLED)
    if not at_once:
        entries = entries.filter(next_try_at__lte=timezone.now())
    done = Drained()
    # By when they are due: entries that cannot be paid do not stand before the others for ever.
    _pay_each(entries.order_by("next_try_at", "pk")[:BATCH], open_store, done, counted=not at_once)
    return done


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
    while batch := list(_unpaid().filter(pk__gt=last).order_by("pk")[:BATCH]):
        _pay_each(batch, open_store, done, counted=False)
        last = batch[-1].pk
    return done


def _unpaid() -> QuerySet[Debt]:
    return Debt.objects.exclude(state__in=SETTLED)


def _pay_each(entries: Iterable[Debt], open_store: OpenStore, done: Drained, *, counted: bool) -> None:
    for entry in _pay_together(list(entries), open_store, done, counted=counted):
        if done.away & _stores_of(entry):
            # One deadline is enough to know: two hundred of them would hold up every other debt.
            continue
        try:
            pay(entry, open_store, done)
        except Error:
            raise
        except Exception as error:  # noqa: BLE001 - kept on the entry; one that is ill must not hold up the others
            postpone(entry, error, counted=counted)
            done.postponed += 1
            if isinstance(error, (StoreUnavailable, OutcomeUnknown)):
                done.away.add(error.store)


def _pay_together(entries: list[Debt], open_store: OpenStore, done: Drained, *, counted: bool) -> list[Debt]:
    """Pays what is plainly owed to one store in one write and one read; returns what must be looked at one by one."""
    singly = [entry for entry in entries if entry.state != DebtState.OPEN]
    for owed in sorted({entry.owed for entry in entries if entry.state == DebtState.OPEN}):
        group = [entry for entry in entries if entry.state == DebtState.OPEN and entry.owed == owed]
        try:
            singly += _pay_group(group, open_store(StoreId(owed), Role.WORKER), done)
        except Error:
            raise
        except (StoreUnavailable, OutcomeUnknown) as error:
            # The oldest stands for all: the others are not tried any further in this call, and keep their turn.
            done.away.add(error.store)
            postpone(group[0], error, counted=counted)
            done.postponed += 1
        except Exception as error:  # noqa: BLE001 - one of them is ill: which, and why, shows when each is tried alone
            log.info("debts_tried_singly", owed=owed, entries=len(group), error=_reason(error))
            singly += group
    return singly


def _pay_group(group: list[Debt], store: Store, done: Drained) -> list[Debt]:
    """Closes what a strong read shows to be equal (protocol D2); the rest is returned."""
    comments = [entry.comment for entry in group]
    store.upsert_many(comments)
    found = store.get_many(comments)
    equal = [entry.pk for entry, there in zip(group, found, strict=True) if there == entry.comment]
    _unpaid().filter(pk__in=equal).update(state=DebtState.PAID, closed_at=timezone.now())
    done.paid += len(equal)
    closed = set(equal)
    return [entry for entry in group if entry.pk not in closed]


def _stores_of(entry: Debt) -> set[str]:
    """What it takes to pay it. An applied entry holds the whole comment, so its holder may be away (protocol D1)."""
    return {entry.owed, entry.holder} if entry.state == DebtState.UNSETTLED else {entry.owed}


def pay(entry: Debt, open_store: OpenStore, done: Drained) -> None:
    if entry.state == DebtState.UNSETTLED:
        if not _kept(entry, open_store):
            _change(entry, state=DebtState.VOID, closed_at=timezone.now())
            done.void += 1
            return
        entry.state = DebtState.OPEN
        _change(entry, state=entry.state)
    if entry.owed:
        source = open_store(StoreId(entry.holder), Role.WORKER)
        write_verified(open_store(StoreId(entry.owed), Role.WORKER), entry.comment, source=source)
    _change(entry, state=DebtState.PAID, closed_at=timezone.now())
    done.paid += 1


def _kept(entry: Debt, open_store: OpenStore) -> bool:
    """Issues the same conditional write again (protocol W3). False when another comment holds the key: never kept."""
    holder = open_store(StoreId(entry.holder), Role.WORKER)
    return holds(settle(holder, entry.comment), entry.comment)


def _change(entry: Debt, **values: object) -> None:
    """Of an unpaid entry: a drain that comes late never opens again what another one has paid."""
    _unpaid().filter(pk=entry.pk).update(**values)


def postpone(entry: Debt, error: Exception, *, counted: bool = True) -> None:
    """Backs off, doubling up to a minute; after LEDGER_MAX_ATTEMPTS the entry is failed, visible and blocking.

    Not `counted`: tried before it was due. A hold tries many times a second, and would use up all attempts in one
    short outage of the store.
    """
    attempts = entry.attempts + counted
    state = _state_after(entry, error, attempts)
    wait = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** min(entry.attempts, 10))
    _change(
        entry,
        state=state,
        attempts=attempts,
        last_error=_reason(error),
        next_try_at=timezone.now() + timedelta(seconds=wait),
    )
    log.warning("debt_postponed", debt=entry.pk, state=state, attempts=attempts, error=_reason(error))


def _state_after(entry: Debt, error: Exception, attempts: int) -> str:
    if isinstance(error, MirrorConflict):
        return DebtState.CONFLICT
    # An unsettled one stays so, tried for ever: given up, nobody could tell that its holder may not have it at all. And
    # a store that is away says nothing about the entry: however long the outage, it is paid when the store is back.
    endless = entry.state == DebtState.UNSETTLED or isinstance(error, StoreUnavailable)
    given_up = attempts >= env().ledger_max_attempts and not endless
    return DebtState.FAILED if given_up else entry.state


def _reason(error: Exception) -> str:
    kind = "" if isinstance(error, StoreError) else f"{type(error).__name__}: "
    return f"{kind}{error}"[:500]
