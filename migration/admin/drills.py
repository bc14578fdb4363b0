"""Dialogs of a drill: one step back and on again, begun or given up."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from chat.data import Endpoint
from migration.admin.access import asker, only
from migration.admin.dialogs import Question, answer
from migration.admin.endpoint import route_of
from migration.enums import Kind, Phase
from migration.exceptions import IllegalMove
from migration.flags.phases import neighbour
from migration.models import Route
from migration.people.roles import Role
from migration.transitions import drills


@only(Role.OPERATOR)
def drill(request: HttpRequest, name: str) -> HttpResponse:
    route = route_of(name)
    back = reverse("admin:endpoint", args=[name])
    effects, closed = _there_and_back(route)

    def act(said: dict[str, Any]) -> str:
        drills.request_drill(Endpoint(name), asker(request), reason=said["reason"])
        return back

    return answer(request, Question(f"Drill the way back of {name}", "Drill", effects, back, closed=closed), act)


@only(Role.OPERATOR)
def give_up(request: HttpRequest, name: str) -> HttpResponse:
    back = reverse("admin:endpoint", args=[route_of(name).endpoint])
    effects = ("The drill counts as failed.", "The endpoint stays where it is now.")

    def act(said: dict[str, Any]) -> str:
        drills.give_up(Endpoint(name), asker(request), reason=said["reason"])
        return back

    return answer(request, Question(f"Give up the drill of {name}", "Give it up", effects, back, danger=True), act)


def _there_and_back(route: Route) -> tuple[tuple[str, ...], str]:
    """What will happen, or why there is nothing to drill."""
    try:
        before = neighbour(Kind(route.kind), Phase(route.phase), forward=False)
    except IllegalMove as error:
        return (), f"{error}."
    return (
        f"{route.endpoint} goes back to {before.value}, and on to {route.phase} again, under traffic.",
        "Both ways are real transitions, confirmed by every process.",
        "Where a guard says no on the way on, it stays in the earlier phase until that is mended.",
    ), ""
