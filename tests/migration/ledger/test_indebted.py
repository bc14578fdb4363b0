"""Which rooms are read from the other store, as one process knows it (protocol F11)."""

from __future__ import annotations

import pytest

from migration.enums import DebtState
from migration.ledger import indebted as module
from migration.ledger.indebted import Indebted
from migration.models import Debt, Rollout
from tests.migration.vectors import owe

TARGET = "scylla-room"


@pytest.fixture
def known(rollout: Rollout) -> Indebted:
    return Indebted()


def refresh(known: Indebted) -> None:
    known.refresh(in_ledger=known.notes)


@pytest.mark.parametrize(
    ("state", "indebted"),
    [
        (DebtState.OPEN, True),
        (DebtState.CONFLICT, True),
        (DebtState.FAILED, True),
        # Acknowledged to nobody, so nobody misses it.
        (DebtState.UNSETTLED, False),
        (DebtState.PAID, False),
        (DebtState.VOID, False),
    ],
)
def test_other_processes_debts_are_known_from_the_next_look_on(
    known: Indebted, state: DebtState, indebted: bool
) -> None:
    owe(state=state)
    assert not known.owes(TARGET, "chat")
    refresh(known)
    assert known.owes(TARGET, "chat") is indebted
    assert not known.owes("dynamodb", "chat")


def test_own_debts_are_known_at_once_and_until_the_ledger_has_them(known: Indebted) -> None:
    before = known.notes
    known.add(TARGET, "chat")
    assert known.owes(TARGET, "chat")
    known.refresh(in_ledger=before)
    assert known.owes(TARGET, "chat"), "it may be in the spool"
    refresh(known)
    assert not known.owes(TARGET, "chat"), "it was in the ledger, and is paid"


def test_a_room_that_is_owed_again_meanwhile_stays(known: Indebted) -> None:
    known.add(TARGET, "chat")
    before = known.notes
    known.add(TARGET, "chat")
    known.refresh(in_ledger=before)
    assert known.owes(TARGET, "chat")


def test_too_many_rooms_to_remember_count_as_all(known: Indebted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROOMS", 1)
    owe(time_us=1)
    refresh(known)
    assert not known.owes(TARGET, "other")
    Debt.objects.filter(pk=owe(time_us=2).pk).update(room="second")
    refresh(known)
    assert known.owes(TARGET, "other")
    Debt.objects.update(state=DebtState.PAID)
    refresh(known)
    assert not known.owes(TARGET, "chat")
