"""Whatever is owed, in whatever state of being paid, stands in the way (protocol D5)."""

from __future__ import annotations

import pytest

from migration.enums import DebtState
from migration.guards.debts import debts
from migration.models import Rollout
from migration.transitions.planning import plan
from tests.migration.vectors import POST, owe, wish


@pytest.mark.parametrize("state", list(DebtState))
def test_only_what_is_closed_is_no_debt(rollout: Rollout, state: DebtState) -> None:
    owe(state=state)
    assert debts(plan(wish(POST))).ok is (state in (DebtState.PAID, DebtState.WAIVED, DebtState.VOID))


def test_the_operator_is_told_how_many(rollout: Rollout) -> None:
    owe()
    answer = debts(plan(wish(POST)))
    assert answer.reason == "1 comments are owed to a store: see `manage.py ledger status`"
    assert answer.evidence == {"unpaid": 1}
