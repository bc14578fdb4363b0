"""The two moves of a drill, each made once, whoever drives it."""

from __future__ import annotations

from django.db.models import QuerySet

from migration.enums import Step
from migration.exceptions import LostRace
from migration.models import Drill, Route, Transition

BACK, ON = "rollback", "advance"
MADE = (Step.INTENT, Step.HELD, Step.FLIPPED, Step.DONE)
"""Steps of a leg that is under way or in force. One that was refused or aborted changed nothing, and is tried again."""


def legs_made(drilled: Drill, *verbs: str) -> QuerySet[Transition]:
    return Transition.objects.filter(drill=drilled, verb__in=verbs or (BACK, ON), step__in=MADE)


def stands_where_it_stood(drilled: Drill) -> bool:
    route = Route.objects.get(rollout=drilled.rollout_id, endpoint=drilled.endpoint)
    percent = None if drilled.percent is None else route.ramp_percent
    return (route.phase, percent) == (drilled.from_phase, drilled.percent)


def take_leg(moving: Transition) -> None:
    """Call in the transaction that writes the intent; nothing for a move that is no leg.

    Raises `LostRace` when the drill is over or this leg was made: by a second process that drives the same drill, or by
    this one, which then stood still before its intent. Only one unfinished transition can exist, so drivers take turns,
    and no route changes from here to the leg's end.
    """
    if moving.drill_id is None:
        return
    # Locks the drill's row and looks at it again: whoever ends it now waits for this transaction, or came first.
    going_on = Drill.objects.filter(pk=moving.drill_id, finished_at=None).update(finished_at=None)
    drilled = Drill.objects.get(pk=moving.drill_id)
    if not going_on or legs_made(drilled, moving.verb).exclude(pk=moving.pk).exists():
        raise LostRace(f"drill {drilled.pk} was taken on by another process: see `manage.py route status`")
    if moving.verb == BACK and not stands_where_it_stood(drilled):
        raise LostRace(f"{drilled.endpoint} was moved by another process after drill {drilled.pk} had been begun")
