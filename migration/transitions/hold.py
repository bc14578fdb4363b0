"""Moves the write authority through a hold (protocol F6): no write is admitted until the flip or the abort."""

from __future__ import annotations

import time
from functools import partial

from chat.data import StoreId
from migration.conf import hold_limit_seconds
from migration.enums import Kind, Phase, ReadFlag, Step, WriteFlag
from migration.exceptions import LostRace, Refused
from migration.flags.phases import row_of
from migration.guards.answer import Answer, Guard, Move
from migration.guards.complete import complete
from migration.guards.confirmed import all_confirmed
from migration.guards.registry import ask
from migration.guards.thawed import thawed
from migration.guards.vector import vector
from migration.models import Transition
from migration.transitions.closing import drop_busy_connection
from migration.transitions.flip import Change, flip
from migration.transitions.paying import nothing_owed, pay_until
from migration.transitions.waiting import await_confirmation, keep_lease

INSIDE: tuple[Guard, ...] = (thawed, vector, complete)
"""Asked again at the release. The others cannot have changed in a hold: any flip would have ended it. A freeze can."""


def move_authority(moving: Transition, move: Move) -> None:
    """Raises `Refused` after going back to the old authority, and so ends every other failure, Ctrl-C too.

    The hold ends by the flip or by the abort alone; a crash in between is ended by recovery.
    """
    began = time.monotonic()
    try:
        held = _hold(moving, move)
        _let_older_work_end(moving, move, held, deadline=began + hold_limit_seconds())
        _release(moving, move, held)
    except LostRace:
        raise  # Another process has ended the hold.
    except BaseException as error:
        drop_busy_connection(error)
        _let_go(moving, str(error) or "interrupted")
        raise
    finally:
        _note_length(moving, began)


def _hold(moving: Transition, move: Move) -> int:
    return flip(
        moving,
        hold_of(move.before),
        epoch_before=move.rollout.epoch,
        step_before=Step.INTENT,
        step_after=Step.HELD,
        conditions=partial(ask, move),
    )


def _let_older_work_end(moving: Transition, move: Move, held: int, *, deadline: float) -> None:
    """First every older write ends, then what the new authority is owed is paid. Raises `Refused` at the limit."""
    seconds = deadline - time.monotonic()
    confirmation = await_confirmation(held, seconds=seconds, still=partial(keep_lease, moving), writers=True)
    if confirmation.missing:
        raise Refused([f"writes were held, but did not confirm: {', '.join(confirmation.missing)}"])
    pay_until(deadline, new_authority(move), still=partial(keep_lease, moving))


def _release(moving: Transition, move: Move, held: int) -> None:
    def conditions() -> list[Answer]:
        ended = all_confirmed(held, writers=True)
        return [*(guard(move) for guard in INSIDE), ended, nothing_owed(new_authority(move))]

    flip(
        moving,
        settled(move.after),
        epoch_before=held,
        step_before=Step.HELD,
        step_after=Step.FLIPPED,
        conditions=conditions,
    )


def hold_of(phase: Phase) -> Change:
    return Change(phase=phase, read=ReadFlag.NONE, write=WriteFlag.HELD, ramp=0)


def settled(phase: Phase) -> Change:
    row = row_of(Kind.WRITE, phase)
    return Change(phase=phase, read=row.read, write=row.write, ramp=0)


def new_authority(move: Move) -> StoreId:
    return StoreId(move.rollout.target if move.after is Phase.CUTOVER else move.rollout.source)


def _let_go(moving: Transition, detail: str) -> None:
    moving.refresh_from_db()
    if moving.step == Step.HELD:
        abort_hold(moving, detail)


def abort_hold(moving: Transition, detail: str) -> None:
    """Back to the authority there was. Going back asks nothing: that authority never stopped being one."""
    flip(
        moving,
        settled(Phase(moving.from_phase)),
        epoch_before=moving.epoch or 0,
        step_before=Step.HELD,
        step_after=Step.ABORTED,
        ending=detail,
    )


def _note_length(moving: Transition, began: float) -> None:
    """Milliseconds, for the record; nothing where writes were never held."""
    Transition.objects.filter(pk=moving.pk).exclude(epoch=None).update(hold_ms=(time.monotonic() - began) * 1000)
