"""What only a person can know: asked, recorded, and refused where the table says otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from migration.census import answers
from migration.census.answers import answer, questions
from migration.census.tablesettings import survey
from migration.enums import Question
from migration.exceptions import Refused
from migration.models import AuditEvent, CensusAnswer
from tests.migration.bed import Bed


@pytest.fixture
def expiring(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told by a patched survey: the table is shared, and DynamoDB Local would begin to delete from it."""
    ttl = {"enabled": True, "attribute": "ttl"}
    monkeypatch.setattr(answers, "survey", lambda: survey() | {"ttl": ttl})


def given(question: Question) -> dict[str, Any] | None:
    (found,) = [one["answer"] for one in questions() if one["question"] == question.value]
    return found  # type: ignore[no-any-return]


@pytest.mark.usefixtures("bed")
def test_at_first_nothing_is_answered() -> None:
    assert [(one["question"], one["answer"]) for one in questions()] == [("foreign-writers", None), ("immutable", None)]


@pytest.mark.usefixtures("bed")
def test_an_answer_is_kept_with_its_name_and_audited() -> None:
    answer(Question.IMMUTABLE, holds=True, says="we only ever insert", actor="ann")
    found = given(Question.IMMUTABLE)
    assert found is not None
    assert (found["holds"], found["says"], found["actor"]) == (True, "we only ever insert", "ann")
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.subject, event.reason) == (
        "ann",
        "census.answer",
        "immutable",
        "we only ever insert",
    )
    assert (event.before, event.after) == ({}, {"holds": True})


@pytest.mark.usefixtures("bed")
def test_a_promise_can_be_taken_back_and_the_audit_keeps_both() -> None:
    answer(Question.FOREIGN_WRITERS, holds=True, says="keys revoked", actor="ann")
    answer(Question.FOREIGN_WRITERS, holds=False, says="found a cron job", actor="ben")
    row = CensusAnswer.objects.get()
    assert (row.holds, row.says, row.actor) == (False, "found a cron job", "ben")
    last = AuditEvent.objects.order_by("-pk")[0]
    assert last.before == {"holds": True, "says": "keys revoked", "actor": "ann"}
    assert AuditEvent.objects.count() == 2


@pytest.mark.usefixtures("expiring")
def test_a_table_that_expires_items_is_not_certified_immutable() -> None:
    with pytest.raises(Refused, match="by the attribute 'ttl'"):
        answer(Question.IMMUTABLE, holds=True, says="trust me", actor="ann")
    assert not CensusAnswer.objects.exists()
    assert not AuditEvent.objects.exists()


@pytest.mark.usefixtures("expiring")
def test_what_expiry_does_not_touch_can_be_said() -> None:
    answer(Question.IMMUTABLE, holds=False, says="items expire", actor="ann")
    answer(Question.FOREIGN_WRITERS, holds=True, says="keys revoked", actor="ann")
    assert dict(CensusAnswer.objects.values_list("question", "holds")) == {"immutable": False, "foreign-writers": True}
