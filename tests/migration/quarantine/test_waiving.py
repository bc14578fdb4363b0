"""Leaving items behind: all that were named or none, only open ones, in the audit by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from migration.enums import QuarantineState
from migration.exceptions import Refused
from migration.models import QuarantinedItem
from migration.quarantine import waiving
from migration.quarantine.waiving import waive, waive_code
from tests.migration.quarantine.kept import events, item, keep


@pytest.fixture(autouse=True)
def database(control: Path) -> None:
    """Every test here writes rows."""


def states() -> list[str]:
    return list(QuarantinedItem.objects.order_by("name").values_list("state", flat=True))


def test_named_items_are_waived_and_the_audit_names_each() -> None:
    rows = keep(item("a", likes={"N": "1"}), item("b", time="test_time"), item("c", time="test_time"))
    assert waive(rows[:2], actor="ada", reason="a test of 2019") == 2
    assert states() == ["waived", "waived", "open"]
    row = QuarantinedItem.objects.get(name="a")
    assert (row.settled_by, row.settled_reason, row.settled_at is None) == ("ada", "a test of 2019", False)
    (event,) = events()
    assert (event.actor, event.reason, event.subject) == ("ada", "a test of 2019", "2 items")
    named = sorted([[row.key, row.code, row.digest] for row in rows[:2]])
    assert event.after == {"state": "waived", "items": named}


def test_one_that_is_not_open_refuses_all() -> None:
    rows = keep(item("a", time="x"), item("b", time="x"))
    waive(rows[1:], actor="ada", reason="once")
    with pytest.raises(Refused, match="item 2 is waived already, by ada"):
        waive(list(QuarantinedItem.objects.order_by("name")), actor="bob", reason="twice")
    assert states() == ["open", "waived"]
    assert len(events()) == 1


def test_one_that_was_waived_by_somebody_else_after_it_was_looked_at_refuses_all() -> None:
    rows = keep(item("a", time="x"), item("b", time="x"))
    waive(rows[1:], actor="ada", reason="once")
    with pytest.raises(Refused, match="changed by somebody else at this moment"):
        waive(rows, actor="bob", reason="twice")
    assert states() == ["open", "waived"]
    assert [event.actor for event in events()] == ["ada"]


def test_all_open_items_of_a_reason_in_bounded_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiving, "AT_ONCE", 2)
    keep(*(item(name, time="test_time") for name in "abcde"), item("f", likes={"N": "1"}))
    assert waive_code("time_not_a_number", actor="ada", reason="tests") == 5
    assert states() == ["waived"] * 5 + ["open"]
    assert [len(event.after["items"]) for event in events()] == [2, 2, 1]
    assert waive_code("time_not_a_number", actor="ada", reason="tests") == 0


def test_an_item_with_a_fix_that_may_be_in_the_target_is_not_waived() -> None:
    rows = keep(item("a", time="x"))
    QuarantinedItem.objects.update(fixed='{"room": "chat"}', settled_by="bob")
    assert waive_code("time_not_a_number", actor="ada", reason="tests") == 0
    with pytest.raises(Refused, match="a fix of item 1 was begun by bob and may be in the target"):
        waive([QuarantinedItem.objects.get()], actor="ada", reason="tests")
    # Once it was written and the source's item changed later, it is an item to decide about like any other.
    QuarantinedItem.objects.update(settled_at=timezone.now())
    rows[0].refresh_from_db()
    assert waive(rows, actor="ada", reason="tests") == 1
    assert rows[0].state == QuarantineState.OPEN, "the row that was looked at"
