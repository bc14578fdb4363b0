"""The end of a flipped transition: every live process acts under its epoch (protocol F3, F4)."""

from __future__ import annotations

from functools import partial

from migration.enums import Step
from migration.exceptions import LostRace, StillWaiting
from migration.models import Transition
from migration.transitions.closing import close
from migration.transitions.waiting import Confirmation, await_confirmation, keep_lease


def confirm(flipped: Transition, *, seconds: float) -> Transition:
    """Waits for every live process, then closes the transition. Any process may call it, and again.

    Raises `StillWaiting` naming who is missing after `seconds`.
    """
    try:
        confirmation = await_confirmation(flipped.epoch or 0, seconds=seconds, still=partial(keep_lease, flipped))
    except LostRace:
        # Another process saw the last confirmation first, or a read that goes back overtook: the flip stands.
        flipped.refresh_from_db()
        return flipped
    _note(flipped, confirmation)
    if confirmation.missing:
        raise StillWaiting(
            f"epoch {flipped.epoch} ({flipped.endpoint} in {flipped.to_phase}) is in force, but not confirmed by "
            f"{', '.join(confirmation.missing)}. End those processes or wait, then repeat the command."
        )
    close(flipped, before=Step.FLIPPED, after=Step.DONE)
    return flipped


def _note(flipped: Transition, confirmation: Confirmation) -> None:
    missing = f"not confirmed by: {', '.join(confirmation.missing)}" if confirmation.missing else ""
    Transition.objects.filter(pk=flipped.pk, step=Step.FLIPPED).update(
        holders=confirmation.holders, ack_ms=confirmation.seconds * 1000, detail=missing
    )
