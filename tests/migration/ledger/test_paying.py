"""Debts are paid into the real engines until a strong read-back shows them, and none is closed before (protocol D2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError

from chat.clock import wall_us
from chat.conf import Role
from chat.data import StoreId
from chat.exceptions import OutcomeUnknown, StoreUnavailable
from chat.stores import registry
from chat.stores.base import Store
from migration.enums import DebtState
from migration.ledger import paying
from migration.ledger.drain import Drained, drain, drain_everything
from migration.models import Debt
from tests import engines
from tests.faults.wire import Fault, Wire
from tests.migration.bed import Bed, comment
from tests.migration.debts import SOURCE, TARGET, make_due, owe, states, unsettle


def test_what_is_owed_is_paid_in_either_direction_and_closed(bed: Bed, open_store: Any) -> None:
    odd = replace(comment(3, text="hé\x00😀"), time_raw="1700000003.00")
    owe(comment(1), odd)
    owe(comment(2), holder=TARGET, owed=SOURCE)
    assert drain(open_store) == Drained(paid=3)
    assert bed.rows() == {comment(1), odd}
    assert bed.source.get("chat", "ann", comment(2).time) == comment(2)
    assert states() == ["paid"] * 3
    assert all(Debt.objects.values_list("closed_at", flat=True))
    assert drain(open_store) == Drained()


def test_a_comment_that_is_there_already_is_paid(bed: Bed, open_store: Any) -> None:
    bed.target.upsert(comment(1))
    owe(comment(1))
    assert drain(open_store) == Drained(paid=1)
    assert bed.rows() == {comment(1)}


def test_a_write_that_a_strong_read_does_not_show_is_not_closed(bed: Bed, open_store: Any) -> None:
    """A tombstone of a clock that is an hour ahead hides the row from the change clock too."""
    bed.ground.bury(comment(1), stamp_us=wall_us() + 3_600_000_000)
    owe(comment(1))
    assert drain(open_store) == Drained(postponed=1)
    entry = Debt.objects.get()
    assert (entry.state, entry.attempts, entry.closed_at) == ("open", 1, None)
    assert entry.last_error == "scylla-room: written, but a strong read-back does not show it"


def test_a_row_hidden_by_a_delete_is_written_once_more_with_the_change_clock(bed: Bed, open_store: Any) -> None:
    """The source has it, so it belongs in the target (protocol D2)."""
    bed.source.upsert(comment(1))
    bed.target.upsert(comment(1))
    bed.target.delete(comment(1))
    owe(comment(1), comment(2))
    assert drain(open_store) == Drained(paid=2)
    assert bed.rows() == {comment(1), comment(2)}


def test_a_store_that_is_down_is_asked_once_and_paid_when_it_is_back(bed: Bed, open_store: Any, wire: Wire) -> None:
    owe(comment(1), comment(2), holder=TARGET, owed=SOURCE)
    owe(comment(3))
    wire.close()
    assert drain(open_store) == Drained(paid=1, postponed=1, away={"dynamodb"})
    assert states() == ["open", "open", "paid"]
    assert list(Debt.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 0, 0]
    assert "EndpointConnectionError" in Debt.objects.get(pk=1).last_error
    back = Wire(*engines.dynamodb_address(), listen=wire.port)
    try:
        assert drain(open_store) == Drained(paid=1), "the first one waits for its time"
        make_due()
        assert drain(open_store) == Drained(paid=1)
    finally:
        back.close()
    assert states() == ["paid"] * 3
    assert sorted(item["time"]["S"] for item in bed.items()) == [comment(1).time, comment(2).time]


def test_a_store_that_does_not_answer_holds_up_the_others_for_one_deadline(
    bed: Bed, open_store: Any, wire: Wire
) -> None:
    owe(*(comment(number) for number in range(10)), holder=TARGET, owed=SOURCE)
    owe(comment(11))
    with wire.strike("PutItem", Fault.WITHHOLD_ANSWER, times=99) as rule:
        assert drain(open_store) == Drained(paid=1, postponed=1, away={"dynamodb"})
    assert rule.forwarded <= 10 * 4, "the attempts of one batch, whose writes go out side by side"
    assert bed.rows() == {comment(11)}


def test_an_unsettled_write_that_was_kept_is_mirrored(bed: Bed, open_store: Any) -> None:
    bed.source.put(comment(1))
    unsettle(comment(1))
    assert drain(open_store) == Drained(paid=1)
    assert bed.rows() == {comment(1)}
    assert len(bed.items()) == 1


def test_an_unsettled_write_that_was_not_kept_is_made_and_mirrored(bed: Bed, open_store: Any) -> None:
    """By the same conditional write: absence on read-back would prove nothing (protocol W3)."""
    unsettle(comment(1))
    assert drain(open_store) == Drained(paid=1)
    assert bed.source.get("chat", "ann", comment(1).time) == comment(1)
    assert bed.rows() == {comment(1)}


def test_an_unsettled_write_whose_key_another_comment_took_is_void(bed: Bed, open_store: Any) -> None:
    theirs = replace(comment(1), text="theirs")
    bed.source.put(theirs)
    unsettle(comment(1))
    assert drain(open_store) == Drained(void=1)
    assert states() == ["void"]
    assert Debt.objects.get().closed_at is not None
    assert bed.rows() == set()
    assert bed.source.get("chat", "ann", comment(1).time) == theirs


def test_an_unsettled_write_without_a_mirror_is_settled(bed: Bed, open_store: Any) -> None:
    unsettle(comment(1), owed=None)
    assert drain(open_store) == Drained(paid=1)
    assert (bed.rows(), len(bed.items())) == (set(), 1)


def test_a_settled_write_whose_mirror_is_away_is_an_ordinary_debt_from_then_on(
    bed: Bed, open_store: Any, wire: Wire
) -> None:
    unsettle(comment(1), holder=TARGET, owed=SOURCE)
    wire.close()
    assert drain(open_store).postponed == 1
    assert states() == ["open"]
    assert bed.rows() == {comment(1)}


def test_another_item_in_dynamodb_is_a_conflict_that_blocks_until_it_is_resolved(bed: Bed, open_store: Any) -> None:
    theirs = replace(comment(1), text="theirs")
    bed.source.upsert(theirs)
    owe(comment(1), holder=TARGET, owed=SOURCE)
    assert drain(open_store) == Drained(postponed=1)
    assert states() == ["conflict"]
    assert "another comment sits under" in Debt.objects.get().last_error
    make_due()
    assert drain(open_store) == Drained(), "only an operator can tell which of the two is right"
    assert drain_everything(open_store).postponed == 1
    assert states() == ["conflict"]
    assert bed.source.get("chat", "ann", comment(1).time) == theirs
    bed.source.delete(theirs)
    assert drain_everything(open_store) == Drained(paid=1)
    assert states() == ["paid"]


def test_a_drain_that_comes_late_does_not_open_again_what_another_one_paid(bed: Bed) -> None:
    owe(comment(1))

    def slow_store(store_id: StoreId, role: Role) -> Store:
        assert drain(registry.open_store, at_once=True) == Drained(paid=1)
        raise OutcomeUnknown("scylla-room", "timed out")

    assert drain(slow_store).postponed == 1
    entry = Debt.objects.get()
    assert (entry.state, entry.attempts, entry.last_error) == ("paid", 0, "")


def meanwhile(monkeypatch: pytest.MonkeyPatch, name: str, event: Callable[[], object]) -> None:
    """Right after this step of one payment."""
    real = getattr(paying, name)

    def then(*words: Any, **options: Any) -> Any:
        found = real(*words, **options)
        event()
        return found

    monkeypatch.setattr(paying, name, then)


@pytest.mark.parametrize("state", [DebtState.PAID, DebtState.VOID, DebtState.CONFLICT])
def test_an_entry_that_is_ended_while_it_is_settled_is_left_alone(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, state: DebtState
) -> None:
    unsettle(comment(1))
    meanwhile(monkeypatch, "settle", lambda: Debt.objects.update(state=state))
    assert drain(registry.open_store) == Drained()
    assert (states(), bed.rows()) == ([state], set())


def test_an_entry_whose_request_tells_of_its_debt_while_it_is_settled_is_paid(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsettle(comment(1))
    meanwhile(monkeypatch, "settle", lambda: owe(comment(1)))
    assert drain(registry.open_store) == Drained(paid=1)
    assert (states(), bed.rows()) == (["paid"], {comment(1)})


def test_a_conflict_that_is_found_while_an_entry_is_paid_stays(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    owe(comment(1))
    Debt.objects.update(state=DebtState.FAILED)
    meanwhile(monkeypatch, "write_verified", lambda: Debt.objects.update(state=DebtState.CONFLICT))
    assert drain_everything(registry.open_store) == Drained()
    assert states() == ["conflict"]


def test_an_ill_entry_does_not_hold_up_the_others(bed: Bed, open_store: Any) -> None:
    owe(comment(1), comment(2))
    Debt.objects.filter(pk=1).update(owed="no-such-store")
    assert drain(open_store) == Drained(paid=1, postponed=1)
    ill = Debt.objects.get(pk=1)
    assert (ill.state, ill.attempts) == ("open", 1)
    assert ill.last_error == "ValueError: 'no-such-store' is not a valid StoreId"


def test_an_error_of_the_control_database_ends_the_drain(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    owe(comment(1))

    def gone(*_: object) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(paying.Payer, "_pay_group", gone)
    with pytest.raises(OperationalError):
        drain(registry.open_store)
    assert states() == ["open"]


def test_an_away_store_is_told_by_the_error_of_the_entry_it_belongs_to(bed: Bed) -> None:
    """An unsettled write needs its holder; an applied one is paid from the entry, whoever held it (protocol D1)."""
    unsettle(comment(1))
    unsettle(comment(2))
    owe(comment(3))

    def without_holder(store_id: StoreId, role: Role) -> Store:
        if store_id is SOURCE:
            raise StoreUnavailable(SOURCE, "away")
        return registry.open_store(store_id, role)

    assert drain(without_holder) == Drained(paid=1, postponed=1, away={"dynamodb"})
    assert bed.rows() == {comment(3)}
