"""What `ledger status` tells of the pace of payment is true, also when nothing is paid."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from chat.clock import wall_us
from migration.enums import DebtState
from migration.ledger.accounts import SweepFigures, accounts, sweep_figures
from migration.models import Debt, SweepState
from tests.migration.vectors import owe

pytestmark = pytest.mark.usefixtures("control")


def owed(number: int, state: DebtState = DebtState.OPEN, *, age: float = 300, closed: float | None = None) -> Debt:
    """Recorded `age` and closed `closed` seconds ago."""
    now = timezone.now()
    debt = owe(state=state, time_us=number)
    Debt.objects.filter(pk=debt.pk).update(
        created_at=now - timedelta(seconds=age),
        closed_at=None if closed is None else now - timedelta(seconds=closed),
    )
    return debt


def test_an_empty_ledger() -> None:
    now = accounts()
    assert (now.depth, now.blocked, now.oldest_seconds, now.rate, now.eta_seconds, now.standing) == (
        *(0, 0, None, 0.0, None),
        "",
    )


def test_the_rate_counts_what_was_paid_within_a_minute() -> None:
    for number in range(6):
        owed(number, DebtState.PAID, closed=number * 10 + 1)
    owed(10, DebtState.PAID, closed=61)
    owed(11, DebtState.VOID, closed=1)
    owed(12, DebtState.WAIVED, closed=1)
    owed(13, age=120)
    owed(14, DebtState.UNSETTLED, age=60)
    owed(15, DebtState.CONFLICT, age=900)
    now = accounts()
    assert (now.depth, now.blocked, now.rate, now.eta_seconds, now.standing) == (3, 1, 0.1, 20.0, "")
    assert now.oldest_seconds == pytest.approx(900, abs=20)


def test_what_only_a_person_can_end_has_no_eta() -> None:
    owed(1, DebtState.FAILED)
    owed(2, DebtState.PAID, closed=1)
    now = accounts()
    assert (now.blocked, now.eta_seconds, now.standing) == (1, None, "")


def test_where_nothing_is_paid_the_newest_failure_tells_why() -> None:
    for number, error in enumerate(["scylla-room: refused", "scylla-room: cannot be reached"]):
        Debt.objects.filter(pk=owed(number).pk).update(
            last_error=error, next_try_at=timezone.now() + timedelta(seconds=number)
        )
    assert accounts().standing == "not moving: scylla-room: cannot be reached"


def test_where_nobody_tries_it_says_so() -> None:
    owed(1)
    assert accounts().standing.startswith("not moving: nobody has tried; is a Celery worker running, and beat?")


def test_what_is_new_may_just_not_have_been_tried_yet() -> None:
    owed(1, age=5)
    assert accounts().standing == "not moving yet: the entries are younger than a minute"


def swept(*, clean: float, last: float, missing: int = 0, error: str = "") -> SweepFigures | None:
    """`clean` and `last`: seconds since those sweeps began; 0 stands for never."""
    now = wall_us()
    SweepState.objects.update_or_create(
        pk=SweepState.ONLY,
        defaults={
            "clean_start_us": now - int(clean * 1e6),
            "last_start_us": now - int(last * 1e6) if last else 0,
            "last_missing": missing,
            "last_error": error,
        },
    )
    return sweep_figures()


def test_the_age_of_the_last_clean_sweep() -> None:
    assert sweep_figures() is None
    found = swept(clean=90, last=30, missing=2, error="")
    assert found is not None
    assert found.clean_age_seconds == pytest.approx(90, abs=20)
    assert (found.last_missing, found.last_error) == (2, "")


def test_before_the_first_clean_sweep_there_is_no_age() -> None:
    """The row holds where to go back to all the same."""
    assert swept(clean=30, last=0, error="dynamodb: away") == SweepFigures(None, 0, "dynamodb: away")
    assert swept(clean=30, last=30, missing=1) == SweepFigures(None, 1, "")
