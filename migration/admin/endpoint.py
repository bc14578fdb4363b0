"""/admin/migration/endpoint/NAME/: where it stands, the guards of its next step, its processes and its history."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from chat.data import Endpoint
from migration.admin.access import roles_of
from migration.admin.board import line
from migration.admin.live import show
from migration.admin.processes import processes
from migration.enums import Kind, Phase, Step
from migration.flags.phases import LADDER, neighbour
from migration.models import Route, Transition
from migration.transitions.drilling import unfinished_drill
from migration.transitions.planning import SHADOWED, active_rollout

HISTORY = 20


@dataclass(frozen=True, slots=True)
class Verb:
    """A button: its words, and the address of its dialog."""

    name: str
    label: str
    address: str


def endpoint(request: HttpRequest, name: str) -> HttpResponse:
    route = route_of(name)
    transitions = Transition.objects.filter(rollout=route.rollout, endpoint=name)
    context = {
        "title": f"Endpoint {name}",
        "line": line(route),
        "processes": processes(route.rollout),
        "history": list(transitions.order_by("-pk")[:HISTORY]),
        "requests": list(transitions.filter(step=Step.REQUESTED)),
        "verbs": verbs_of(route),
        "drill": unfinished_drill(Endpoint(name)),
        "roles": roles_of(request),
    }
    return show(request, "endpoint", context)


def route_of(name: str) -> Route:
    """Raises `Http404` for a name that is no endpoint."""
    if name not in list(Endpoint):
        raise Http404(f"there is no endpoint {name}")
    return Route.objects.select_related("rollout").get(rollout=active_rollout(), endpoint=name)


def verbs_of(route: Route) -> list[Verb]:
    """What can be asked of an endpoint where it stands now."""
    kind, phase, reads = Kind(route.kind), Phase(route.phase), route.kind == Kind.READ
    ladder = LADDER[kind]
    offered = []
    if phase is not ladder[-1]:
        offered.append(("advance", f"Advance to {neighbour(kind, phase, forward=True).value}"))
    if reads and phase is Phase.CUTOVER:
        offered.append(("ramp", "Change the ramp"))
    if reads and phase in SHADOWED:
        offered.append(("shadow", "Change the shadow"))
    if phase is not ladder[0]:
        offered.append(("rollback", f"Roll back to {neighbour(kind, phase, forward=False).value}"))
    verbs = [Verb(name, label, reverse("admin:move", args=[route.endpoint, name])) for name, label in offered]
    if phase is not ladder[0]:
        verbs.append(Verb("drill", "Drill the way back", reverse("admin:drill", args=[route.endpoint])))
    return verbs
