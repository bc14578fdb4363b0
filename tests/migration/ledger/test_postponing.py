"""What cannot be paid is tried later and later, and given up only where trying again cannot help."""

from __future__ import annotations

from datetime import timedelta
from time import sleep
from typing import Any

import pytest
from django.utils import timezone

from chat.clock import wall_us
from chat.conf import Role
from chat.data import StoreId
from chat.exceptions import OutcomeUnknown
from chat.stores.base import Store
from migration.enums import DebtState
from migration.ledger.drain import Drained, drain, drain_everything
from migration.ledger.indebted import Indebted
from migration.models import Debt
from tests import engines
from tests.faults.wire import Wire
from tests.migration.bed import Bed, comment
from tests.migration.debts import SOURCE, TARGET, make_due, owe, states, unsettle


def waits() -> list[int]:
    """Seconds until the next try of each entry, rounded up."""
    now = timezone.now()
    return [
        -((now - at) // timedelta(seconds=1))
        for at in Debt.objects.order_by("pk").values_list("next_try_at", flat=True)
    ]


def test_the_backoff_doubles_up_to_a_minute(bed: Bed, open_store: Any, wire: Wire) -> None:
    owe(comment(1), holder=TARGET, owed=SOURCE)
    wire.close()
    seen = []
    for _ in range(8):
        make_due()
        drain(open_store)
        seen += waits()
    assert seen == [1, 2, 4, 8, 16, 32, 60, 60]


def test_an_entry_that_has_been_tried_for_weeks_has_a_backoff_too(bed: Bed, open_store: Any, wire: Wire) -> None:
    unsettle(comment(1))
    Debt.objects.update(attempts=100_000)
    wire.close()
    assert drain(open_store).postponed == 1
    assert waits() == [60]


@pytest.mark.usefixtures("control")
def test_what_its_request_learned_meanwhile_is_not_overwritten() -> None:
    """Recorded before its write, it is tried by a drain that hangs; the write succeeds, its mirror fails, the client is
    told that all is well. The drain fails at last: were the entry unsettled again, readers would miss the comment."""
    unsettle(comment(1))

    def hanging(store_id: StoreId, role: Role) -> Store:
        owe(comment(1))
        raise OutcomeUnknown(SOURCE, "timed out")

    assert drain(hanging).postponed == 1
    debt = Debt.objects.get()
    assert (debt.state, debt.attempts, debt.last_error) == ("open", 0, "")
    assert debt.next_try_at <= timezone.now()
    known = Indebted()
    known.refresh(in_ledger=0)
    assert known.owes(TARGET, "chat")


@pytest.mark.usefixtures("control")
def test_a_conflict_that_another_drain_found_is_not_opened_again() -> None:
    owe(comment(1))

    def hanging(store_id: StoreId, role: Role) -> Store:
        Debt.objects.update(state=DebtState.CONFLICT, last_error="theirs")
        raise OutcomeUnknown(TARGET, "timed out")

    assert drain(hanging).postponed == 1
    debt = Debt.objects.get()
    assert (debt.state, debt.attempts, debt.last_error) == ("conflict", 0, "theirs")


def test_after_its_last_attempt_an_entry_is_failed_and_left_to_the_operator(
    bed: Bed, few_attempts: int, open_store: Any
) -> None:
    bed.ground.bury(comment(1), stamp_us=wall_us() + 3_000_000)
    owe(comment(1))
    for _ in range(few_attempts - 1):
        make_due()
        drain(open_store)
    assert states() == ["open"]
    make_due()
    drain(open_store)
    assert states() == ["failed"]
    make_due()
    assert drain(open_store) == Drained()
    sleep(3)
    assert drain_everything(open_store) == Drained(paid=1), "now is above the tombstone at last"


def test_an_outage_however_long_gives_no_entry_up(few_attempts: int, open_store: Any, wire: Wire) -> None:
    owe(comment(1), holder=TARGET, owed=SOURCE)
    wire.close()
    for _ in range(few_attempts + 3):
        make_due()
        drain(open_store)
    assert states() == ["open"]
    back = Wire(*engines.dynamodb_address(), listen=wire.port)
    make_due()
    assert drain(open_store) == Drained(paid=1)
    back.close()


def test_a_hold_pays_before_it_is_due_without_using_up_the_attempts(
    few_attempts: int, open_store: Any, wire: Wire
) -> None:
    owe(comment(1), holder=TARGET, owed=SOURCE)
    Debt.objects.update(next_try_at=timezone.now() + timedelta(hours=1))
    assert drain(open_store) == Drained()
    wire.close()
    for _ in range(few_attempts + 1):
        assert drain(open_store, at_once=True).postponed == 1
    assert (states(), Debt.objects.get().attempts) == (["open"], 0)
    back = Wire(*engines.dynamodb_address(), listen=wire.port)
    assert drain(open_store, at_once=True) == Drained(paid=1)
    back.close()


def test_an_unsettled_write_is_never_given_up_nor_mirrored_before_it_is_settled(
    bed: Bed, few_attempts: int, open_store: Any, wire: Wire
) -> None:
    unsettle(comment(1))
    wire.close()
    for _ in range(few_attempts + 2):
        make_due()
        assert drain(open_store).postponed == 1
    assert states() == ["unsettled"]
    assert bed.rows() == set()
    back = Wire(*engines.dynamodb_address(), listen=wire.port)
    make_due()
    assert drain(open_store) == Drained(paid=1)
    back.close()
