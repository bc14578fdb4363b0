"""The intent: the row that says what is about to happen, before anything does."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from migration.enums import Step
from migration.exceptions import LostRace, Refused, TakenOn
from migration.flags.wake import wake_holders
from migration.guards.answer import Answer, Move
from migration.models import Rollout, Transition
from migration.transitions.approvals import approved
from migration.transitions.legs import take_leg
from migration.transitions.planning import Wish
from migration.transitions.requested import ready


def intend(wish: Wish, move: Move, answers: list[Answer], requested: Transition | None = None) -> Transition:
    """A row of its own, or the request's. A refusal is kept as well, and raised.

    Raises `Refused`, `LostRace` (another transition is under way; a request stays one), and `TakenOn` when the request
    ended or was begun by another process: of two that got the same message, one goes on.
    """
    answers = [*answers, *approved(wish, move, requested)]
    refused = [answer.reason for answer in answers if not answer.ok]
    try:
        with transaction.atomic(durable=True):
            moving = _write(wish, move, answers, requested, refused=bool(refused))
            if not refused:
                take_leg(moving)
                Rollout.objects.filter(pk=move.rollout.pk).update(moving=True)
                transaction.on_commit(wake_holders)
    except IntegrityError as error:
        raise LostRace("another transition is under way: see `manage.py route status`") from error
    if refused:
        raise Refused(refused)
    return moving


def _write(wish: Wish, move: Move, answers: list[Answer], requested: Transition | None, *, refused: bool) -> Transition:
    found: dict[str, Any] = {
        "guards": [answer.as_json() for answer in answers],
        "step": Step.REFUSED if refused else Step.INTENT,
        "finished_at": timezone.now() if refused else None,
    }
    if requested is not None:
        return _take(requested, found)
    return Transition.objects.create(
        rollout=move.rollout,
        endpoint=wish.endpoint,
        verb=wish.verb,
        from_phase=move.before,
        to_phase=move.after,
        percent=move.percent,
        mirror_mode=move.mirror or "",
        drill_id=wish.drill,
        actor=wish.actor,
        reason=wish.reason,
        **found,
    )


def _take(requested: Transition, found: dict[str, Any]) -> Transition:
    """Compare-and-set on the step, and on the approval."""
    if not ready().filter(pk=requested.pk).update(detail="", **found):
        raise TakenOn(f"request {requested.pk} was begun by another process, or has ended")
    return Transition.objects.select_related("rollout").get(pk=requested.pk)
