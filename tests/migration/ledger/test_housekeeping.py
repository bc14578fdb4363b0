"""What was paid long ago is forgotten, and nothing that is still owed (LEDGER_KEEP_PAID_DAYS)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from chat.conf import env
from migration.enums import DebtState
from migration.ledger import housekeeping
from migration.ledger.housekeeping import forget_paid
from migration.models import Debt, Rollout
from tests.migration.vectors import owe


def test_only_what_was_closed_long_ago_is_forgotten(
    rollout: Rollout, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENV = env().model_copy(update={"ledger_keep_paid_days": 2})
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    now = timezone.now()
    for number, (state, days) in enumerate(
        [
            (DebtState.PAID, 3),
            (DebtState.VOID, 3),
            (DebtState.PAID, 2.1),
            (DebtState.PAID, 1.9),
            (DebtState.OPEN, None),
            (DebtState.FAILED, None),
            (DebtState.CONFLICT, None),
            (DebtState.UNSETTLED, None),
        ]
    ):
        closed = None if days is None else now - timedelta(days=days)
        Debt.objects.filter(pk=owe(state=state, time_us=number).pk).update(
            closed_at=closed, created_at=now - timedelta(days=9)
        )
    assert forget_paid() == 3
    assert sorted(Debt.objects.values_list("state", flat=True)) == ["conflict", "failed", "open", "paid", "unsettled"]
    assert forget_paid() == 0
