"""Drills: one step back and on again under traffic, to know that the way back works before it is given up.

Both legs are real transitions. The drill's row outlives any crash: while it is unfinished, the endpoint may stand where
the first leg left it, and the same call again does what is left.
"""

from __future__ import annotations

import time

import structlog
from django.db import IntegrityError, transaction

from chat.data import Endpoint
from migration.audit.record import record
from migration.conf import ack_wait_seconds
from migration.enums import Kind, Phase
from migration.exceptions import IllegalMove, LostRace, Refused, StillWaiting
from migration.flags.phases import neighbour
from migration.guards.answer import Move
from migration.guards.confirmed import confirmed
from migration.guards.registry import ask, guards_of
from migration.models import Drill, Rollout, Route, StoreState
from migration.transitions.legs import BACK, ON, legs_made
from migration.transitions.moving import carry_out
from migration.transitions.planning import Wish, active_rollout, plan
from migration.transitions.recovery import clear_the_way
from migration.transitions.verdict import end, end_unbegun, judge

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.2
"""Between two looks at the guards of the way on."""
RAMPED = (Phase.CUTOVER, Phase.DECOMMISSION)


def drill(endpoint: Endpoint, *, actor: str, reason: str, wait: float | None = None) -> Drill:
    """Back and on again, or what is left of an unfinished drill of this endpoint; returns it finished.

    Each leg waits up to `wait` seconds for confirmations, the second one before that for its guards. Raises
    `IllegalMove` and `Refused` (nothing changed), `LostRace` (something else is under way), `StillWaiting` (the drill
    is unfinished: call again, or `finish` it).
    """
    seconds = ack_wait_seconds() if wait is None else wait
    drilled = unfinished_drill(endpoint)
    if drilled is None:
        drilled = begin(endpoint, actor=actor, reason=reason)
    else:
        log.warning("drill_resumed", drill=drilled.pk, actor=actor)
    if legs_made(drilled).filter(finished_at=None).exists():
        # Of a process that is gone, or not confirmed yet: undone, or brought to its end.
        clear_the_way(seconds=seconds)
    if not legs_made(drilled, BACK).exists():
        _go_back(drilled, actor, seconds)
    if _stands_back(drilled):
        _go_on(drilled, seconds)
    return judge(drilled, actor=actor)


def unfinished_drill(endpoint: Endpoint) -> Drill | None:
    return Drill.objects.filter(rollout__active=True, endpoint=endpoint, finished_at=None).first()


def finish(endpoint: Endpoint, *, actor: str, reason: str) -> Drill:
    """Gives an unfinished drill up as failed; the endpoint stays where it is. Raises `IllegalMove` without one."""
    drilled = unfinished_drill(endpoint)
    if drilled is None:
        raise IllegalMove(f"{endpoint} has no unfinished drill")
    return end(drilled, passed=False, actor=actor, detail=f"given up: {reason}")


def begin(endpoint: Endpoint, *, actor: str, reason: str) -> Drill:
    """The row alone: nothing has moved yet. Raises `IllegalMove`, `Refused` (nothing changed) and `LostRace`."""
    rollout = active_rollout()
    route = Route.objects.get(rollout=rollout, endpoint=endpoint)
    before, kind = Phase(route.phase), Kind(route.kind)
    after = neighbour(kind, before, forward=False)
    percent = route.ramp_percent if kind is Kind.READ and before in RAMPED else None
    _check_way_on(Move(rollout, route, kind, ON, after, before, percent))
    drilled = Drill(rollout=rollout, endpoint=endpoint, from_phase=before, to_phase=after, percent=percent)
    drilled.actor, drilled.reason = actor, reason
    try:
        with transaction.atomic(durable=True):
            drilled.save()
            stands = {"drill": drilled.pk, "phase": before, "percent": percent}
            record(actor=actor, action="drill.begin", subject=endpoint, reason=reason, after=stands)
    except IntegrityError as error:
        raise LostRace(f"another drill of {endpoint} has just begun: see `manage.py route status`") from error
    return drilled


def _check_way_on(way_on: Move) -> None:
    """A drill that could not return is not begun, nor one that costs a store what only a backfill brings back."""
    if way_on.after is Phase.DUAL and way_on.kind is Kind.WRITE and _target_complete(way_on.rollout):
        target = way_on.rollout.target
        raise Refused([f"without its mirror {target} would miss writes, and need a new backfill (F2)"])
    answers = [guard(way_on) for guard in guards_of(way_on) if guard is not confirmed]
    reasons = [f"the way on would be refused: {answer.reason}" for answer in answers if not answer.ok]
    if reasons:
        raise Refused(reasons)


def _target_complete(rollout: Rollout) -> bool:
    return StoreState.objects.filter(rollout=rollout, store=rollout.target, complete=True).exists()


def _go_back(drilled: Drill, actor: str, seconds: float) -> None:
    """A first leg that never came to be ends the drill: nothing has changed, so there is nothing to return from."""
    try:
        carry_out(_leg(drilled, BACK), wait=seconds)
    except (IllegalMove, Refused, LostRace) as error:
        end_unbegun(drilled, actor=actor, why=str(error))
        raise


def _stands_back(drilled: Drill) -> bool:
    route = Route.objects.get(rollout=drilled.rollout_id, endpoint=drilled.endpoint)
    return route.phase == drilled.to_phase


def _go_on(drilled: Drill, seconds: float) -> None:
    wish = _leg(drilled, ON)
    try:
        _await_guards(wish, seconds)
        carry_out(wish, wait=seconds)
    except IllegalMove as moved:
        # By another process, which drives this drill too or moved the endpoint away: the verdict tells which.
        log.warning("drill_overtaken", drill=drilled.pk, error=str(moved))
    except Refused as refusal:
        where = f"drill {drilled.pk}: {drilled.endpoint} stands in {drilled.to_phase} and cannot go on yet"
        advice = f"mend that, then repeat `manage.py route drill {drilled.endpoint}`"
        raise StillWaiting(f"{where}: {refusal}; {advice}") from refusal


def _await_guards(wish: Wish, seconds: float) -> None:
    """Under traffic a comment may just be owed. A look leaves no row behind, as a refused move would."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if all(answer.ok for answer in ask(plan(wish))):
            return
        time.sleep(LOOK_SECONDS)


def _leg(drilled: Drill, verb: str) -> Wish:
    """`to` pins where it leads, so that a leg made by another process meanwhile is not made a second time."""
    return Wish(
        endpoint=Endpoint(drilled.endpoint),
        verb=verb,
        actor=drilled.actor,
        reason=f"drill {drilled.pk}: {drilled.reason}",
        to=Phase(drilled.from_phase if verb == ON else drilled.to_phase),
        percent=drilled.percent if verb == ON else None,
        drill=drilled.pk,
    )
