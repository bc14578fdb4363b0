"""Carries a wish out: intent, flip (through a hold where the authority moves), confirmation, done."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from chat.conf import env
from migration.conf import ack_wait_seconds
from migration.enums import Kind, MirrorMode, Phase, Step
from migration.exceptions import LostRace, Refused
from migration.flags.freeze import frozen
from migration.flags.phases import moves_authority, row_of
from migration.guards.answer import Move
from migration.guards.confirmed import confirmed
from migration.guards.registry import ask, guards_of
from migration.models import Transition
from migration.transitions.closing import close, drop_busy_connection
from migration.transitions.confirming import confirm
from migration.transitions.flip import Change, flip
from migration.transitions.hold import move_authority
from migration.transitions.intending import intend
from migration.transitions.planning import SHADOWED, Wish, plan
from migration.transitions.recovery import clear_the_way, flipped_for, overtake
from migration.transitions.waiting import await_confirmation

OVERTAKINGS = 5
"""How often a read that goes back tries when other commands keep coming first."""


def carry_out(wish: Wish, *, wait: float | None = None, requested: Transition | None = None) -> Transition:
    """Returns the finished transition. A wish that has flipped but was not confirmed yet is finished, not repeated; a
    request is always a move of its own. Roles are not looked at here: that is the services' part (`requests`).

    Raises `IllegalMove` and `Refused` (nothing changed), `StillWaiting` (flipped, some process did not confirm within
    `wait` seconds), `LostRace` (another transition is under way, or came first).
    """
    seconds = ack_wait_seconds() if wait is None else wait
    flipped = flipped_for(wish) if requested is None else None
    if flipped is not None:
        return confirm(flipped, seconds=seconds)
    # A guard says so again inside the flip. Here too, before a read that goes back aborts what is under way.
    if stopped := frozen():
        raise Refused([stopped])
    if wish.overtakes:
        return _overtake(wish, requested, seconds=seconds)
    clear_the_way(seconds=seconds)
    return _move(wish, requested, seconds=seconds)


def _overtake(wish: Wish, requested: Transition | None, *, seconds: float) -> Transition:
    """A read going back does not wait for its turn (protocol F8)."""
    # Where it goes is settled now: when another command takes it there first, a new try must not go further.
    wish = replace(wish, to=plan(wish).after)
    for _ in range(OVERTAKINGS):
        try:
            _refuse_first(wish, requested)
            overtake()
            return _move(wish, requested, seconds=seconds)
        except LostRace:
            requested = _still(requested)
    raise LostRace("other transitions keep coming first: see `manage.py route status`")


def _refuse_first(wish: Wish, requested: Transition | None) -> None:
    """A read that may not go back aborts nothing on its way to being told so. Raises `Refused`, and keeps it."""
    move = plan(wish)
    answers = ask(move)
    if not all(answer.ok for answer in answers):
        intend(wish, move, answers, requested)


def _still(requested: Transition | None) -> Transition | None:
    """A request whose row was used up by a try that lost its race: the next try has a row of its own."""
    if requested is None:
        return None
    return Transition.objects.filter(pk=requested.pk, step=Step.REQUESTED).first()


def _move(wish: Wish, requested: Transition | None, *, seconds: float) -> Transition:
    move = plan(wish)
    if confirmed in guards_of(move):
        # A process that has just started is given the time to confirm before it counts as missing.
        await_confirmation(move.rollout.epoch, seconds=seconds)
    moving = intend(wish, move, ask(move), requested)
    try:
        _flip(moving, move)
    except Refused as refusal:
        # Refused inside the flip: nothing changed. A hold has aborted and closed itself already.
        close(moving, before=Step.INTENT, after=Step.REFUSED, detail="; ".join(refusal.reasons))
        raise
    except BaseException as error:
        drop_busy_connection(error)
        close(moving, before=Step.INTENT, after=Step.ABORTED, detail=str(error) or "interrupted; nothing had changed")
        raise
    return confirm(moving, seconds=seconds)


def _flip(moving: Transition, move: Move) -> None:
    if moves_authority(move.kind, move.before, move.after):
        move_authority(moving, move)
    else:
        flip(
            moving,
            change_of(move),
            epoch_before=move.rollout.epoch,
            step_before=Step.INTENT,
            step_after=Step.FLIPPED,
            conditions=partial(ask, move),
        )


def change_of(move: Move) -> Change:
    row = row_of(move.kind, move.after)
    # Any other move of a write endpoint makes the mirror prompt again (protocol W9).
    mirror = move.mirror or MirrorMode.SYNC
    return Change(
        phase=move.after, read=row.read, write=row.write, ramp=_ramp(move), shadow=_shadow(move), mirror=mirror
    )


def _ramp(move: Move) -> int:
    if move.verb == "shadow":
        return move.route.ramp_percent
    return 100 if move.kind is Kind.READ and move.after is Phase.DECOMMISSION else move.percent or 0


def _shadow(move: Move) -> int:
    """Kept between the two phases that have one; from decommission back the source may lack comments, so 0."""
    if move.kind is Kind.WRITE or move.after not in SHADOWED:
        return 0
    if move.verb == "shadow":
        return move.percent or 0
    return move.route.shadow_percent if move.before in SHADOWED else _first_shadow(move)


def _first_shadow(move: Move) -> int:
    return env().shadow_percent_default if move.after is Phase.SHADOW else 0
