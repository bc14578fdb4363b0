"""An entry is closed once: whoever comes second changes nothing."""

from __future__ import annotations

import pytest

from migration.enums import DebtState
from migration.ledger.closing import change, close, unpaid
from migration.models import Debt
from tests.migration.vectors import owe

pytestmark = pytest.mark.usefixtures("control")
CLOSED = (DebtState.PAID, DebtState.VOID, DebtState.WAIVED)


def test_of_two_who_close_one_counts() -> None:
    debt = owe()
    assert close([debt], DebtState.PAID) == 1
    assert close([debt], DebtState.VOID, reason="late") == 0
    closed = Debt.objects.get()
    assert (closed.state, closed.closed_reason) == ("paid", "")


@pytest.mark.parametrize("state", CLOSED)
def test_what_is_closed_or_given_up_is_not_opened_again(state: DebtState) -> None:
    debt = owe(state=state)
    assert not change(debt, state=DebtState.OPEN)
    assert (Debt.objects.get().state, unpaid().count()) == (state, 0)


def test_a_change_asks_for_the_state_that_was_read() -> None:
    debt = owe(state=DebtState.UNSETTLED)
    Debt.objects.update(state=DebtState.OPEN)
    assert not change(debt, state=DebtState.UNSETTLED, attempts=1)
    assert (Debt.objects.get().state, Debt.objects.get().attempts, debt.attempts) == ("open", 0, 0)
    debt.refresh_from_db()
    assert change(debt, state=DebtState.FAILED)
    assert (Debt.objects.get().state, debt.state) == ("failed", "failed")


def test_a_state_may_be_asked_for() -> None:
    debt = owe(state=DebtState.OPEN)
    assert close([debt], DebtState.VOID, was=DebtState.UNSETTLED) == 0
    assert close([debt], DebtState.VOID, was=DebtState.OPEN) == 1
