"""Entries become rows once each, all of a call or none (protocol D1)."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from django.db import IntegrityError
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
    odd = replace(ONE, comment=replace(comment(1, text="hé\n😀"), time_raw="1700000001.00"))
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
