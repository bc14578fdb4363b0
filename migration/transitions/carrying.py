"""Begins requests: each once, however often its message comes, and also when no message came."""

from __future__ import annotations

import structlog

from migration.enums import Step
from migration.exceptions import IllegalMove, LostRace, Refused, StillWaiting, TakenOn
from migration.models import Transition
from migration.transitions.moving import carry_out
from migration.transitions.planning import plan
from migration.transitions.recovery import unfinished
from migration.transitions.requested import dismiss, is_stale, ready, waiting, wish_of

log = structlog.get_logger(__name__)


def run(pk: int, *, wait: float | None = None) -> Transition:
    """Carries out a request that needs no approval any more. Returns the transition that did it, done.

    Raises what `carry_out` raises; then the row says why. `LostRace` while another transition is under way, with the
    request still waiting for its turn; `TakenOn` when it is no request any more, or still lacks its approval.
    """
    requested = ready().select_related("rollout").filter(pk=pk).first()
    if requested is None:
        raise TakenOn(f"request {pk} has begun, has ended, or waits for an approval")
    try:
        _check(requested)
        return carry_out(wish_of(requested), wait=wait, requested=requested)
    except (IllegalMove, Refused) as error:
        if not dismiss(requested, after=Step.REFUSED, detail=str(error)):
            # Refused with its guards asked: their answers are on the row already.
            Transition.objects.filter(pk=pk, step=Step.REFUSED, detail="").update(detail=str(error))
        raise
    except (LostRace, StillWaiting) as error:
        # For whoever looks at a request that waits for its turn.
        Transition.objects.filter(pk=pk, step=Step.REQUESTED).update(detail=str(error))
        raise


def _check(requested: Transition) -> None:
    if is_stale(requested):
        raise Refused(["it is too old: look at the endpoint again, and request the move anew"])
    before = plan(wish_of(requested)).before
    if before != requested.from_phase:
        raise IllegalMove(
            f"{requested.endpoint} was in {requested.from_phase} when this was requested and is in {before.value} now: "
            "look at it again, and request the move anew"
        )


def run_waiting(*, wait: float | None = None) -> None:
    """Begins what lost its message or its worker, and refuses what grew too old, also for want of an approval."""
    for requested in waiting():
        if is_stale(requested):
            dismiss(requested, after=Step.REFUSED, detail="it grew too old before it could begin: request it anew")
    for requested in ready().filter(rollout__active=True).order_by("pk"):
        # Behind another transition it would only wait; a read that goes back never does (protocol F8).
        if unfinished() is None or wish_of(requested).overtakes:
            attempt(requested.pk, wait=wait)


def attempt(pk: int, *, wait: float | None = None) -> None:
    """As a worker runs it: every way it can end stands on the row, so nothing is raised on purpose."""
    try:
        run(pk, wait=wait)
    except (IllegalMove, Refused) as error:
        log.warning("request_refused", transition=pk, reason=str(error))
    except (LostRace, StillWaiting, TakenOn) as error:
        log.info("request_waits", transition=pk, reason=str(error))
