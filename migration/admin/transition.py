"""/admin/migration/transition/ID/: the steps of one move, what the guards said, and who confirmed it when."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from migration.admin.access import roles_of
from migration.admin.live import show
from migration.admin.processes import processes
from migration.enums import Kind, Phase, Step
from migration.flags.phases import moves_authority
from migration.models import Route, Transition
from migration.transitions.status import outcome


@dataclass(frozen=True, slots=True)
class Mark:
    """One step of the list; `state` is done, now, ahead or stopped."""

    name: str
    state: str


NAMES = {
    Step.REQUESTED: "requested",
    Step.INTENT: "guards passed",
    Step.HELD: "writes held",
    Step.FLIPPED: "flipped",
    Step.DONE: "confirmed",
}


def transition(request: HttpRequest, pk: int) -> HttpResponse:
    moving = get_object_or_404(Transition.objects.select_related("rollout"), pk=pk)
    finished = moving.finished_at is not None
    context = {
        "title": f"Transition {pk}",
        "transition": moving,
        "outcome": outcome(moving),
        "marks": marks(moving),
        "finished": finished,
        "processes": processes(moving.rollout),
        "every": "1s",
        "roles": roles_of(request),
    }
    return show(request, "transition", context, finished=finished)


def marks(moving: Transition) -> list[Mark]:
    """The way it takes, with the place where it is. A move that was refused or given up ends where that happened."""
    way = _way(moving)
    step = Step(moving.step)
    if step in (Step.REFUSED, Step.ABORTED):
        return [Mark("asked", "done"), Mark(step.label.lower(), "stopped")]
    here = way.index(step)
    return [
        Mark(NAMES[each], "done" if place < here or step is Step.DONE else "now" if place == here else "ahead")
        for place, each in enumerate(way)
    ]


def _way(moving: Transition) -> list[Step]:
    kind = Kind(Route.objects.get(rollout=moving.rollout_id, endpoint=moving.endpoint).kind)
    held = moves_authority(kind, Phase(moving.from_phase), Phase(moving.to_phase))
    asked = [Step.REQUESTED] if moving.step == Step.REQUESTED or moving.approval_needed else []
    return [*asked, Step.INTENT, *([Step.HELD] if held else []), Step.FLIPPED, Step.DONE]
