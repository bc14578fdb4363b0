"""What was decided about an item stays decided until the source's item is another one; then it is opened again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.utils import timezone

from chat.codec.faults import FaultCode
from migration.enums import QuarantineState, RunKind
from migration.models import QuarantinedItem, Run
from migration.quarantine.waiving import waive
from tests.migration.quarantine.kept import events, item, keep, keep_page

WAIVED, OPEN = QuarantineState.WAIVED, QuarantineState.OPEN
LONG_AGO = timezone.now().replace(year=2020)


@pytest.fixture(autouse=True)
def database(control: Path) -> None:
    """Every test here writes rows."""


def a_run() -> Run:
    return Run.objects.create(kind=RunKind.BACKFILL, source="dynamodb", target="scylla-room", epoch=2)


def test_the_same_item_again_changes_only_when_and_by_whom_it_was_seen() -> None:
    first, second = a_run(), a_run()
    (row,) = keep(item(likes={"N": "3"}), run_id=first.pk)
    waive([row], actor="ada", reason="unused")
    QuarantinedItem.objects.update(seen_at=LONG_AGO, item="{}")
    keep(item(likes={"N": "3"}), run_id=second.pk)
    now = QuarantinedItem.objects.get()
    assert (now.state, now.settled_by, now.run_id) == (WAIVED, "ada", second.pk)
    assert now.item == "{}", "what is known by its digest is not written again"
    assert now.seen_at > LONG_AGO
    assert [event.action for event in events()] == ["quarantine.waive"]


def test_a_waived_item_with_another_content_is_opened_again_and_the_audit_keeps_the_old_one() -> None:
    (row,) = keep(item(likes={"N": "3"}))
    waive([row], actor="ada", reason="unused")
    run = a_run()
    keep(item(likes={"N": "3"}, comment={"N": "4"}), run_id=run.pk)
    now = QuarantinedItem.objects.get()
    assert (now.state, now.code) == (OPEN, FaultCode.COMMENT_NOT_TEXT)
    assert json.loads(now.item)["comment"] == {"N": "4"}
    assert (now.settled_by, now.settled_reason) == ("ada", "unused")
    last = events()[-1]
    assert (last.action, last.actor, last.subject) == ("quarantine.reopen", f"run {run.pk}", f"item {row.key}")
    assert last.before == {"state": "waived", "code": "unknown_attribute", "item": item(likes={"N": "3"})}
    assert last.after == {"state": "open", "code": "comment_not_text"}


def test_an_open_item_with_another_content_stays_open_and_its_old_content_is_kept() -> None:
    keep(item(likes={"N": "3"}))
    keep(item(likes={"N": "4"}))
    (event,) = events()
    assert (event.action, event.actor, event.before["item"]) == ("quarantine.change", "a walk", item(likes={"N": "3"}))


def test_a_row_from_before_there_were_digests_is_known_by_its_content() -> None:
    (row,) = keep(item(blob={"B": b"\x00"}))
    QuarantinedItem.objects.update(digest="", state=WAIVED)
    keep(item(blob={"B": b"\x00"}))
    assert QuarantinedItem.objects.get().state == WAIVED
    assert row.pk == QuarantinedItem.objects.get().pk
    assert events() == []


def test_known_and_new_items_of_one_page() -> None:
    keep(item("a", likes={"N": "1"}), item("b", likes={"N": "1"}))
    keep_page(item("a", likes={"N": "1"}), item("b", likes={"N": "2"}), item("c", likes={"N": "1"}))
    assert list(QuarantinedItem.objects.order_by("name").values_list("name", flat=True)) == ["a", "b", "c"]
    assert len(events()) == 1


def test_an_item_twice_in_a_page_is_one_row_with_the_later_content() -> None:
    """A file of an export may say a key twice."""
    keep_page(item(likes={"N": "1"}), item(likes={"N": "2"}))
    assert json.loads(QuarantinedItem.objects.get().item)["likes"] == {"N": "2"}
