"""A drill as people ask for it: their role checked, begun here or by a worker, refused while frozen."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from chat.data import Endpoint
from migration.exceptions import IllegalMove, LostRace, Refused, StillWaiting
from migration.flags.freeze import frozen
from migration.models import Drill
from migration.people.roles import Actor, Role, require
from migration.transitions import drilling
from migration.transitions.legs import BACK, legs_made
from migration.transitions.messages import DRILL, send

log = structlog.get_logger(__name__)

LOST_SECONDS = 15
"""A drill of which nothing has moved by then lost its message."""


def drill(endpoint: Endpoint, actor: Actor, *, reason: str, wait: float | None = None) -> Drill:
    """In this process. Raises `NotAllowed`, and what `drilling.drill` raises."""
    require(actor, Role.OPERATOR)
    return drilling.drill(endpoint, actor=actor.name, reason=reason, wait=wait)


def request_drill(endpoint: Endpoint, actor: Actor, *, reason: str) -> Drill:
    """The drill's row; a worker does the rest. One that has not moved yet is sent again.

    Raises `NotAllowed`, `IllegalMove`, `Refused` and `LostRace`, and then there is no new row.
    """
    require(actor, Role.OPERATOR)
    if stopped := frozen():
        raise Refused([stopped])
    drilled = drilling.unfinished_drill(endpoint) or drilling.begin(endpoint, actor=actor.name, reason=reason)
    if legs_made(drilled, BACK).exists():
        how = f"go on with it by `manage.py route drill {endpoint} --reason ...`, or give it up"
        raise Refused([f"drill {drilled.pk} of {endpoint} stands half way: {how}"])
    transaction.on_commit(lambda: send(DRILL, drilled.pk))
    return drilled


def give_up(endpoint: Endpoint, actor: Actor, *, reason: str) -> Drill:
    """Raises `NotAllowed`, and what `drilling.finish` raises."""
    require(actor, Role.OPERATOR)
    return drilling.finish(endpoint, actor=actor.name, reason=reason)


def attempt_drill(pk: int) -> None:
    """As a worker runs it. A message twice, or for a drill that is over, does nothing. Nor does one that comes again
    after its worker died half way: hours later nobody expects the endpoint to move on by itself."""
    drilled = Drill.objects.filter(pk=pk, finished_at=None).first()
    if drilled is None or legs_made(drilled, BACK).exists():
        return
    try:
        drilling.drill(Endpoint(drilled.endpoint), actor=drilled.actor, reason=drilled.reason)
    except (IllegalMove, LostRace, Refused, StillWaiting) as error:
        log.warning("drill_waits", drill=pk, reason=str(error))


def attempt_lost_drills() -> None:
    """Of which nothing has moved. One that stands half way is for the operator: `route drill` goes on with it."""
    if frozen():
        return
    before = timezone.now() - timedelta(seconds=LOST_SECONDS)
    unbegun = Drill.objects.filter(rollout__active=True, finished_at=None, legs=None, started_at__lt=before)
    for pk in unbegun.values_list("pk", flat=True):
        attempt_drill(pk)
