"""Entries become rows once each, all of a call or none (protocol D1)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import cast

import pytest
from django.db import IntegrityError, connection
from pytest_django import DjangoAssertNumQueries

from migration.enums import DebtState
from migration.ledger.entries import keep
from migration.ledger.lines import Entry
from migration.models import Debt
from tests.migration.bed import comment

pytestmark = pytest.mark.usefixtures("control")
ONE = Entry(comment(1), "dynamodb", "scylla-room", DebtState.OPEN, "away")


def kept() -> list[tuple[str, str]]:
    return list(Debt.objects.order_by("pk").values_list("text", "state"))


def test_an_entry_is_kept_whole() -> None:
    odd = replace(ONE, comment=replace(comment(1, text="hé\x00\n😀"), time_raw="1700000001.00"))
    keep([odd])
    debt = Debt.objects.get()
    assert debt.comment == odd.comment
    assert (debt.holder, debt.owed, debt.state, debt.cause) == ("dynamodb", "scylla-room", "open", "away")


def test_kept_twice_it_is_one_row_in_the_state_it_had() -> None:
    keep([ONE, replace(ONE, comment=comment(2))])
    keep([replace(ONE, state=DebtState.UNSETTLED), ONE, replace(ONE, comment=comment(3))])
    assert kept() == [("text 1", "open"), ("text 2", "open"), ("text 3", "open")]


def test_what_is_owed_after_it_was_paid_is_a_new_row() -> None:
    keep([ONE])
    Debt.objects.update(state=DebtState.PAID)
    keep([ONE])
    assert kept() == [("text 1", "paid"), ("text 1", "open")]


def test_no_unsettled_write_takes_the_place_of_one_without_a_mirror() -> None:
    keep([replace(ONE, state=DebtState.UNSETTLED), replace(ONE, state=DebtState.UNSETTLED, owed="")])
    assert list(Debt.objects.values_list("owed", flat=True)) == ["scylla-room", ""]


def test_nothing_to_keep_takes_no_lock_of_the_database(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """It is called each second by every process."""
    with django_assert_num_queries(0):
        keep([])


def test_all_of_a_call_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises((IntegrityError, TypeError)):
        keep([ONE, replace(ONE, comment=comment(cast(int, None)))])
    assert kept() == []


def test_it_is_committed_when_the_call_returns() -> None:
    """Another connection, as another process has one, sees it."""
    keep([ONE])

    def elsewhere() -> int:
        try:
            return Debt.objects.count()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(elsewhere).result() == 1


def test_kept_by_many_at_once_it_is_one_row() -> None:
    together = Barrier(8, timeout=20)

    def record(_: int) -> None:
        try:
            together.wait()
            keep([ONE])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(record, range(8)))
    assert kept() == [("text 1", "open")]


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, comment=comment(2)),
        replace(ONE, comment=comment(1, room="other")),
        replace(ONE, comment=comment(1, name="bob")),
        replace(ONE, holder="scylla-room", owed="dynamodb"),
    ],
    ids=["instant", "room", "name", "direction"],
)
def test_another_key_or_direction_is_another_row(other: Entry) -> None:
    keep([ONE])
    keep([other])
    assert Debt.objects.count() == 2


@pytest.mark.parametrize("state", [DebtState.CONFLICT, DebtState.FAILED])
def test_an_entry_that_waits_for_a_person_goes_on_waiting(state: DebtState) -> None:
    keep([ONE])
    Debt.objects.update(state=state)
    keep([ONE])
    assert kept() == [("text 1", state)]


@pytest.mark.parametrize("together", [True, False], ids=["one call", "two calls"])
def test_what_is_owed_for_certain_is_no_longer_unsettled(together: bool) -> None:
    """It was acknowledged, so its room must be read from the holder until it is paid (protocol F11)."""
    unsettled = [replace(ONE, comment=comment(number), state=DebtState.UNSETTLED) for number in (1, 2)]
    if together:
        keep([*unsettled, ONE])
    else:
        keep(unsettled)
        keep([ONE])
    assert kept() == [("text 1", "open"), ("text 2", "unsettled")]
    assert Debt.objects.get(text="text 1").cause == "away"


def test_an_unsettled_write_of_the_other_direction_stays_so() -> None:
    keep([replace(ONE, state=DebtState.UNSETTLED, holder="scylla-room", owed="dynamodb")])
    keep([ONE])
    assert kept() == [("text 1", "unsettled"), ("text 1", "open")]
