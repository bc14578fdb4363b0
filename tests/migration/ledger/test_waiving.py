"""A debt is given up by a named person only, one by one, and never one nobody knows the holder of (protocol D5)."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from migration.enums import DebtState
from migration.exceptions import Refused
from migration.guards.debts import debts
from migration.ledger import waiving
from migration.ledger.waiving import waive
from migration.models import AuditEvent, Debt
from tests.migration.vectors import owe

pytestmark = pytest.mark.usefixtures("control")


@pytest.mark.parametrize("state", [DebtState.OPEN, DebtState.CONFLICT, DebtState.FAILED])
def test_it_is_closed_with_a_name_and_a_reason_and_audited(state: DebtState) -> None:
    debt = owe(state=state)
    waived = waive(debt.pk, actor="ada", reason="the room is gone")
    assert (waived.state, waived.closed_by, waived.closed_reason) == ("waived", "ada", "the room is gone")
    assert waived.closed_at is not None
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.subject, event.reason) == (
        *("ada", "ledger.waive", f"debt {debt.pk}"),
        "the room is gone",
    )
    assert event.before == {"state": state}
    assert event.after == {"state": "waived", "owed": "scylla-room", "name": "ann", "time": "0.000001"}


def test_it_no_longer_blocks_a_move() -> None:
    debt = owe()
    move: Any = None
    assert not debts(move).ok
    waive(debt.pk, actor="ada", reason="said so")
    assert debts(move).ok


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (DebtState.UNSETTLED, "entry 1 is unsettled: nobody knows whether dynamodb has the comment"),
        (DebtState.PAID, "entry 1 is closed already: paid"),
        (DebtState.VOID, "entry 1 is closed already: void"),
        (DebtState.WAIVED, "entry 1 is closed already: waived"),
    ],
)
def test_what_is_unsettled_or_closed_is_refused(state: DebtState, why: str) -> None:
    debt = owe(state=state)
    with pytest.raises(Refused) as refused:
        waive(debt.pk, actor="ada", reason="said so")
    assert str(refused.value).startswith(why)
    assert (Debt.objects.get().state, AuditEvent.objects.count()) == (state, 0)


def test_one_that_is_not_there() -> None:
    with pytest.raises(Debt.DoesNotExist):
        waive(7, actor="ada", reason="said so")


@pytest.mark.parametrize(
    ("now", "why"),
    [(DebtState.PAID, "entry 1 is closed already: paid"), (DebtState.FAILED, "entry 1 changed to failed")],
)
def test_a_drain_that_is_faster_wins(monkeypatch: pytest.MonkeyPatch, now: DebtState, why: str) -> None:
    """Between our look and our update."""
    debt = owe()
    real = timezone.now

    def paid_meanwhile() -> Any:
        Debt.objects.update(state=now)
        return real()

    monkeypatch.setattr("migration.ledger.waiving.timezone.now", paid_meanwhile)
    with pytest.raises(Refused, match=why):
        waive(debt.pk, actor="ada", reason="said so")
    assert (Debt.objects.get().closed_by, AuditEvent.objects.count()) == ("", 0)


def test_without_its_audit_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    debt = owe()

    def broken(**_: object) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr(waiving, "record", broken)
    with pytest.raises(RuntimeError):
        waive(debt.pk, actor="ada", reason="said so")
    assert Debt.objects.get().state == "open"
