"""Carries a wish out: intent, flip (through a hold where the authority moves), confirmation, done."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial

from django.db import IntegrityError, transaction
from django.utils import timezone

from migration.conf import ack_wait_seconds
from migration.enums import Kind, Phase, Step
from migration.exceptions import LostRace, Refused
from migration.flags.phases import moves_authority, row_of
from migration.flags.wake import wake_holders
from migration.guards.answer import Answer, Move
from migration.guards.confirmed import confirmed
from migration.guards.registry import ask, guards_of
from migration.models import Rollout, Transition
from migration.transitions.closing import close
from migration.transitions.confirming import confirm
from migration.transitions.flip import Change, flip
from migration.transitions.hold import move_authority
from migration.transitions.planning import Wish, plan
from migration.transitions.recovery import clear_the_way, flipped_for, overtake
from migration.transitions.waiting import await_confirmation

OVERTAKINGS = 5
"""How often a read that goes back tries when other commands keep coming first."""


def carry_out(wish: Wish, *, wait: float | None = None) -> Transition:
    """Returns the finished transition. A wish that has flipped but was not confirmed yet is finished, not repeated.

    Raises `IllegalMove` and `Refused` (nothing changed), `StillWaiting` (flipped, some process did not confirm within
    `wait` seconds), `LostRace` (another transition is under way, or came first).
    """
    seconds = ack_wait_seconds() if wait is None else wait
    flipped = flipped_for(wish)
    if flipped is not None:
        return confirm(flipped, seconds=seconds)
    if wish.overtakes:
        return _overtake(wish, seconds=seconds)
    clear_the_way(seconds=seconds)
    return _move(wish, seconds=seconds)


def _overtake(wish: Wish, *, seconds: float) -> Transition:
    """A read going back does not wait for its turn (protocol F8)."""
    # Where it goes is settled now: when another command takes it there first, a new try must not go further.
    wish = replace(wish, to=plan(wish).after)
    for _ in range(OVERTAKINGS):
        with suppress(LostRace):
            overtake()
            return _move(wish, seconds=seconds)
    raise LostRace("other transitions keep coming first: see `manage.py route status`")


def _move(wish: Wish, *, seconds: float) -> Transition:
    move = plan(wish)
    if confirmed in guards_of(move):
        # A process that has just started is given the time to confirm before it counts as missing.
        await_confirmation(move.rollout.epoch, seconds=seconds)
    moving = _intend(wish, move, ask(move))
    try:
        _flip(moving, move)
    except Refused as refusal:
        # Refused inside the flip: nothing changed. A hold has aborted and closed itself already.
        close(moving, before=Step.INTENT, after=Step.REFUSED, detail="; ".join(refusal.reasons))
        raise
    except BaseException as error:
        close(moving, before=Step.INTENT, after=Step.ABORTED, detail=str(error) or "interrupted; nothing had changed")
        raise
    return confirm(moving, seconds=seconds)


def _intend(wish: Wish, move: Move, answers: list[Answer]) -> Transition:
    """The row that says what is about to happen, before anything does. A refusal is kept as well, and raised."""
    refused = [answer.reason for answer in answers if not answer.ok]
    try:
        with transaction.atomic(durable=True):
            moving = Transition.objects.create(
                rollout=move.rollout,
                endpoint=wish.endpoint,
                verb=wish.verb,
                from_phase=move.before,
                to_phase=move.after,
                percent=move.percent,
                actor=wish.actor,
                reason=wish.reason,
                guards=[answer.as_json() for answer in answers],
                step=Step.REFUSED if refused else Step.INTENT,
                finished_at=timezone.now() if refused else None,
            )
            if not refused:
                Rollout.objects.filter(pk=move.rollout.pk).update(moving=True)
                transaction.on_commit(wake_holders)
    except IntegrityError as error:
        raise LostRace("another transition is under way: see `manage.py route status`") from error
    if refused:
        raise Refused(refused)
    return moving


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
    ramp = 100 if move.kind is Kind.READ and move.after is Phase.DECOMMISSION else move.percent or 0
    return Change(phase=move.after, read=row.read, write=row.write, ramp=ramp)
