"""Which debts are paid when: the oldest first, no faster than allowed, and in a hold at once."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from chat.conf import env
from chat.stores import registry
from chat.stores.memory import MemoryStore
from migration.enums import DebtState
from migration.ledger import drain as draining
from migration.ledger.drain import Drained, drain, drain_everything, drain_for
from migration.models import Debt
from tests.migration.bed import Bed, comment
from tests.migration.debts import SOURCE, TARGET, owe, states, unsettle


def test_a_hold_pays_its_new_authority_and_settles_what_is_unsettled(bed: Bed, open_store: Any) -> None:
    owe(comment(1))
    owe(comment(2), holder=TARGET, owed=SOURCE)
    unsettle(comment(3), holder=TARGET, owed=SOURCE)
    assert drain(open_store, owed=TARGET, at_once=True) == Drained(paid=2)
    assert states() == ["paid", "open", "paid"]


def test_entries_that_cannot_be_paid_do_not_stand_before_the_others_for_ever(
    bed: Bed, open_store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "BATCH", 2)
    for number in range(2):
        bed.source.upsert(comment(number, text="theirs"))
    owe(comment(0), comment(1), holder=TARGET, owed=SOURCE)
    Debt.objects.update(owed="no-such-store")
    owe(comment(2))
    assert drain(open_store, at_once=True) == Drained(postponed=2)
    assert drain(open_store, at_once=True) == Drained(paid=1, postponed=1)


def test_an_operators_drain_tries_everything_once(bed: Bed, open_store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "BATCH", 2)
    owe(*(comment(number) for number in range(7)))
    Debt.objects.filter(pk__lte=3).update(owed="no-such-store", next_try_at=timezone.now() + timedelta(hours=1))
    Debt.objects.filter(pk=5).update(state=DebtState.FAILED, attempts=20)
    assert drain_everything(open_store) == Drained(paid=4, postponed=3)
    assert bed.rows() == {comment(number) for number in range(3, 7)}


def test_the_oldest_is_paid_first(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    owe(comment(3), comment(1), comment(2))
    monkeypatch.setattr(draining, "BATCH", 1)
    paid = []
    for _ in range(3):
        drain(registry.open_store)
        paid.append(sorted(row.text for row in bed.rows()))
    assert paid == [["text 3"], ["text 1", "text 3"], ["text 1", "text 2", "text 3"]]


def test_no_more_is_paid_a_second_than_the_setting_allows(
    control: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENV = env().model_copy(update={"ledger_rows_per_second": 20})
    monkeypatch.setattr(draining, "BATCH", 5)
    owe(*(comment(number) for number in range(20)))
    store, began = MemoryStore(), monotonic()
    assert drain_for(lambda *_: store, seconds=30) == Drained(paid=20)
    assert monotonic() - began >= 20 / 20


def test_a_drain_ends_when_its_time_is_up(control: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "BATCH", 1)
    owe(*(comment(number) for number in range(5)))
    store, now = MemoryStore(), count(0.0, 1.0)
    monkeypatch.setattr(draining, "monotonic", lambda: next(now))
    monkeypatch.setattr(draining, "sleep", lambda seconds: None)
    assert drain_for(lambda *_: store, seconds=4.0) == Drained(paid=2)
