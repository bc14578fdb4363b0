"""Finishes what a process left half done: any process may, once the lease has run out (protocol F6)."""

from __future__ import annotations

import time

import structlog

from migration.conf import LEASE_SECONDS
from migration.enums import Step
from migration.exceptions import LostRace
from migration.models import Transition
from migration.transitions.closing import close
from migration.transitions.confirming import confirm
from migration.transitions.hold import abort_hold
from migration.transitions.planning import Wish

log = structlog.get_logger(__name__)

UNFINISHED = (Step.INTENT, Step.HELD, Step.FLIPPED)


def unfinished() -> Transition | None:
    return Transition.objects.filter(step__in=UNFINISHED, rollout__active=True).first()


def flipped_for(wish: Wish) -> Transition | None:
    """The transition of this very wish that is in force but not confirmed: repeating the command finishes it."""
    left = unfinished()
    if left is None or left.step != Step.FLIPPED or (left.endpoint, left.verb) != (wish.endpoint, wish.verb):
        return None
    same_place = wish.to in (None, left.to_phase)
    same_mode = (wish.mirror or "") == left.mirror_mode
    return left if same_place and same_mode and wish.percent in (None, left.percent) else None


def clear_the_way(*, seconds: float) -> None:
    """Before a new move: ends an unfinished one whose process is gone, or waits for its confirmations.

    Raises `LostRace` when a process is working on it.
    """
    left = unfinished()
    if left is None:
        return
    if left.step != Step.FLIPPED and not lease_ran_out(left):
        raise LostRace(f"transition {left.pk} is under way ({left.endpoint} to {left.to_phase}); wait for it")
    recover(left, seconds=seconds)


def lease_ran_out(left: Transition) -> bool:
    """By this process's own clock: the counter stood still for the lease's length (protocol T7)."""
    deadline = time.monotonic() + LEASE_SECONDS
    while time.monotonic() < deadline:
        time.sleep(0.2)
        now = Transition.objects.get(pk=left.pk)
        if (now.beats, now.step) != (left.beats, left.step):
            return False
    return True


def recover(left: Transition, *, seconds: float) -> None:
    """Back from a hold or an intent, forward from a flip. Compare-and-sets on the step decide who does it."""
    log.warning("transition_recovered", transition=left.pk, step=left.step)
    if left.step == Step.HELD:
        abort_hold(left, "the process that held the writes is gone; writes went back to the old authority")
    elif left.step == Step.INTENT:
        close(
            left,
            before=Step.INTENT,
            after=Step.ABORTED,
            detail="the process that began it is gone; nothing had changed",
        )
    else:
        confirm(left, seconds=seconds)


def overtake() -> None:
    """Before a read that goes back: aborts what has not flipped (protocol F8), and lets stand what has.

    Raises `LostRace` when another process takes it a step on at the same time.
    """
    left = unfinished()
    if left is None:
        return
    if left.step == Step.HELD:
        abort_hold(left, "overtaken by a read that goes back")
    elif left.step == Step.INTENT:
        close(
            left,
            before=Step.INTENT,
            after=Step.ABORTED,
            detail="overtaken by a read that goes back; nothing had changed",
        )
    else:
        # Its flip stands; the next move waits for every process to be on the newest epoch.
        close(
            left,
            before=Step.FLIPPED,
            after=Step.DONE,
            detail="overtaken by a read that goes back, before all had confirmed",
        )
