"""Questions that no scan answers: who else writes (protocol F10), and whether items ever change (protocol C3)."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from migration.audit.record import record
from migration.census.tablesettings import survey
from migration.enums import Question
from migration.exceptions import Refused
from migration.models import CensusAnswer


def answer(question: Question, *, holds: bool, says: str, actor: str) -> CensusAnswer:
    """Replaces an earlier answer; the audit keeps both. `holds`: the promise of the question is given.

    Raises `Refused` for a promise that the table itself contradicts, and `StoreError`s when it cannot be asked.
    """
    if holds and question is Question.IMMUTABLE:
        _refuse_expiry()
    with transaction.atomic():
        before = CensusAnswer.objects.select_for_update().filter(question=question).first()
        now, _ = CensusAnswer.objects.update_or_create(
            question=question, defaults={"holds": holds, "says": says, "actor": actor}
        )
        record(
            actor=actor,
            action="census.answer",
            subject=question.value,
            reason=says,
            before={"holds": before.holds, "says": before.says, "actor": before.actor} if before else {},
            after={"holds": holds},
        )
    return now


def _refuse_expiry() -> None:
    ttl = survey()["ttl"]
    if ttl["enabled"]:
        raise Refused(
            [
                f"the table deletes items by itself: time to live is on, by the attribute {ttl['attribute']!r}. Items "
                "do change, so the stream must be on (protocol C3)"
            ]
        )


def questions() -> list[dict[str, Any]]:
    """[{"question", "promise", "answer": {"holds", "says", "actor", "at"} or None}], each one once."""
    given = {row.question: row for row in CensusAnswer.objects.all()}
    return [
        {"question": one.value, "promise": str(one.label), "answer": _as_json(given.get(one.value))} for one in Question
    ]


def _as_json(row: CensusAnswer | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"holds": row.holds, "says": row.says, "actor": row.actor, "at": row.at.isoformat(timespec="seconds")}
