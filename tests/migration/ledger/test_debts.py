"""Debts are on disk when the call returns, whole, and once for each key and direction (protocol W6, D1)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any, cast

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from chat.data import Comment, StoreId
from migration.enums import DebtState
from migration.ledger import debts
from migration.ledger.debts import make_recorder, unpaid_entry
from migration.models import Debt
from tests.migration.bed import comment

pytestmark = pytest.mark.usefixtures("control")
SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM


def owe(found: Comment, *, holder: StoreId = SOURCE, owed: StoreId = TARGET) -> None:
    make_recorder().owed(found, holder=holder, owed=owed, cause="mirror timed out")


def test_an_entry_holds_the_whole_comment() -> None:
    odd = replace(comment(1, text="hé\x00\n😀"), time_raw="1700000001.00")
    owe(odd)
    entry = Debt.objects.get()
    assert entry.comment == odd
    assert (entry.holder, entry.owed, entry.state, entry.cause) == (SOURCE, TARGET, "open", "mirror timed out")
    assert (entry.attempts, entry.closed_at) == (0, None)
    assert entry.next_try_at <= timezone.now()


def test_an_entry_is_committed_when_the_call_returns() -> None:
    """Another connection, as another process has one, sees it."""
    owe(comment(1))

    def elsewhere() -> int:
        try:
            return Debt.objects.count()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(elsewhere).result() == 1


def test_recorded_twice_it_is_one_entry() -> None:
    owe(comment(1))
    owe(comment(1))
    assert Debt.objects.count() == 1


def test_recorded_by_many_at_once_it_is_one_entry() -> None:
    together = Barrier(8, timeout=20)

    def record(_: int) -> None:
        try:
            together.wait()
            owe(comment(1))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(record, range(8)))
    assert Debt.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [comment(2), comment(1, room="other"), comment(1, name="bob")],
    ids=["instant", "room", "name"],
)
def test_another_key_is_another_entry(other: Comment) -> None:
    owe(comment(1))
    owe(other)
    assert Debt.objects.count() == 2


def test_the_other_direction_is_another_entry() -> None:
    owe(comment(1))
    owe(comment(1), holder=TARGET, owed=SOURCE)
    assert Debt.objects.count() == 2


@pytest.mark.parametrize("state", ["unsettled", "conflict", "failed"])
def test_an_unpaid_entry_in_any_state_takes_the_place_of_a_new_one(state: str) -> None:
    owe(comment(1))
    Debt.objects.update(state=state)
    owe(comment(1))
    assert list(Debt.objects.values_list("state", flat=True)) == [state]


@pytest.mark.parametrize("state", ["paid", "void"])
def test_what_is_owed_again_after_it_was_settled_is_a_new_entry(state: str) -> None:
    owe(comment(1))
    Debt.objects.update(state=state)
    owe(comment(1))
    assert list(Debt.objects.order_by("pk").values_list("state", flat=True)) == [state, "open"]


def test_an_entry_that_is_paid_while_it_is_recorded_again_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    owe(comment(1))

    def paid_meanwhile(*args: Any, **options: Any) -> bool:
        Debt.objects.update(state=DebtState.PAID)
        return unpaid_entry(*args, **options)

    monkeypatch.setattr(debts, "unpaid_entry", paid_meanwhile)
    owe(comment(1))
    assert list(Debt.objects.order_by("pk").values_list("state", flat=True)) == ["paid", "open"]


def test_an_error_of_the_database_is_raised() -> None:
    """Whoever records must not acknowledge then."""
    with pytest.raises(IntegrityError):
        owe(replace(comment(1), text=cast(str, None)))
    assert not Debt.objects.exists()


def test_an_unsettled_write_may_have_had_no_mirror() -> None:
    make_recorder().unsettled(comment(1), holder=SOURCE, owed=None, cause="answer lost")
    make_recorder().unsettled(comment(1), holder=SOURCE, owed=None, cause="answer lost")
    entry = Debt.objects.get()
    assert (entry.state, entry.holder, entry.owed) == ("unsettled", SOURCE, "")
    assert unpaid_entry(comment(1), holder=SOURCE, owed=None)
    assert not unpaid_entry(comment(1), holder=SOURCE, owed=TARGET)
