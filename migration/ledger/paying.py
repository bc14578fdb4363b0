"""Pays entries: write, read back strongly, close only what is seen to be equal (protocol D2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

import structlog
from django.db import Error

from chat.conf import Role
from chat.data import StoreId
from chat.exceptions import OutcomeUnknown, StoreUnavailable
from chat.routing.authority import holds, settle
from chat.stores.base import Store
from migration.apply.writer import write_verified
from migration.enums import DebtState
from migration.ledger.closing import change, close
from migration.ledger.deletes import UNWATCHED, Watch, take_out, watch
from migration.ledger.postponing import postpone, reason_of
from migration.models import Debt

log = structlog.get_logger(__name__)

OpenStore = Callable[[StoreId, Role], Store]


def always() -> bool:
    return True


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


@dataclass(frozen=True, slots=True)
class Payer:
    """Pays one batch and counts into `done`.

    `counted`: a failure is an attempt. `watched`: what the holder loses meanwhile is taken out again (protocol D3).
    `going_on` is asked between entries; False ends the batch.
    """

    open_store: OpenStore
    done: Drained
    counted: bool = True
    watched: bool = True
    going_on: Callable[[], bool] = always

    def pay_all(self, entries: Iterable[Debt]) -> None:
        for entry in self._pay_together(list(entries)):
            if not self.going_on():
                return
            if self.done.away & _stores_of(entry):
                # One deadline is enough to know: two hundred of them would hold up every other debt.
                continue
            try:
                self._pay(entry)
            except Error:
                raise
            except Exception as error:  # noqa: BLE001 - kept on the entry; one that is ill must not hold up the others
                self._postpone(entry, error)
                if isinstance(error, (StoreUnavailable, OutcomeUnknown)):
                    self.done.away.add(error.store)

    def _pay_together(self, entries: list[Debt]) -> list[Debt]:
        """Pays what is plainly owed in one direction in one write and one read; the rest is looked at one by one."""
        singly = [entry for entry in entries if entry.state != DebtState.OPEN]
        plain = sorted((entry for entry in entries if entry.state == DebtState.OPEN), key=_direction)
        for direction, members in groupby(plain, key=_direction):
            group = list(members)
            if direction[0] in self.done.away or not self.going_on():
                continue
            try:
                singly += self._pay_group(group)
            except Error:
                raise
            except (StoreUnavailable, OutcomeUnknown) as error:
                # The oldest stands for all: the others are not tried any further in this call, and keep their turn.
                self.done.away.add(error.store)
                self._postpone(group[0], error)
            except Exception as error:  # noqa: BLE001 - one of them is ill: which, and why, shows when each is tried alone
                log.info("debts_tried_singly", owed=direction[0], entries=len(group), error=reason_of(error))
                singly += group
        return singly

    def _pay_group(self, group: list[Debt]) -> list[Debt]:
        """Closes what a strong read shows to be equal (protocol D2); what it does not show is returned."""
        store = self._open(group[0].owed)
        watched = self._watch(group, store)
        comments = [entry.comment for entry in group]
        store.upsert_many(comments)
        found = store.get_many(comments)
        shown = [entry for entry, there in zip(group, found, strict=True) if there == entry.comment]
        lost = self._take_out_lost(watched, store)
        self.done.paid += close([entry for entry in shown if entry.pk not in lost], DebtState.PAID, was=DebtState.OPEN)
        done = lost | {entry.pk for entry in shown}
        return [entry for entry in group if entry.pk not in done]

    def _pay(self, entry: Debt) -> None:
        watched = UNWATCHED
        if entry.state == DebtState.UNSETTLED:
            if not self._kept(entry):
                self.done.void += close([entry], DebtState.VOID, was=DebtState.UNSETTLED)
                return
            if not self._is_open_now(entry):
                return
        elif entry.owed:
            watched = self._watch([entry], self._open(entry.owed))
        if entry.owed:
            owed = self._open(entry.owed)
            write_verified(owed, entry.comment, source=self._source(entry))
            if self._take_out_lost(watched, owed):
                return
        self.done.paid += close([entry], DebtState.PAID, was=DebtState(entry.state))

    def _is_open_now(self, entry: Debt) -> bool:
        """After it was settled. False when another one closed it meanwhile, or found it in conflict."""
        if change(entry, state=DebtState.OPEN):
            return True
        # Its request may have come to know that the mirror missed it.
        entry.refresh_from_db(fields=["state"])
        return entry.state == DebtState.OPEN

    def _kept(self, entry: Debt) -> bool:
        """Issues the same conditional write again (protocol W3). False when another comment holds the key: never
        kept."""
        return holds(settle(self._open(entry.holder), entry.comment), entry.comment)

    def _source(self, entry: Debt) -> Store | None:
        try:
            return self._open(entry.holder)
        except StoreUnavailable:
            # The entry holds the whole comment (protocol D1).
            return None

    def _watch(self, entries: list[Debt], owed: Store) -> Watch:
        if not self.watched:
            return UNWATCHED
        return watch(entries, open_holder=partial(self._open, entries[0].holder), owed=owed)

    def _take_out_lost(self, watched: Watch, owed: Store) -> set[int]:
        """Ids of the entries that must not be closed as paid, whatever became of them."""
        lost = watched.lost()
        if not lost or watched.holder is None:
            return set()
        out = take_out(lost, watched=watched, holder=watched.holder, owed=owed)
        self.done.void += out
        self.done.postponed += len(lost) - out
        return {entry.pk for entry in lost}

    def _postpone(self, entry: Debt, error: Exception) -> None:
        postpone(entry, error, counted=self.counted)
        self.done.postponed += 1

    def _open(self, store_id: str) -> Store:
        return self.open_store(StoreId(store_id), Role.WORKER)


def _direction(entry: Debt) -> tuple[str, str]:
    return entry.owed, entry.holder


def _stores_of(entry: Debt) -> set[str]:
    """What it takes to pay it. An applied entry holds the whole comment, so its holder may be away (protocol D1)."""
    return {entry.owed, entry.holder} if entry.state == DebtState.UNSETTLED else {entry.owed}
