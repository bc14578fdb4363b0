"""Dialogs of the one switch that stops everything, and of its release."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from migration.admin.access import asker, only
from migration.admin.dialogs import Question, answer
from migration.people.roles import Role
from migration.transitions import freezing

STOPPED = (
    "No endpoint moves any more, forward or back, until it is thawed.",
    "A move that has not flipped ends without a change; a hold goes back to the store that decided before.",
    "Backfill and parity stop at the end of their page or room. Debts are paid and the sweep goes on.",
    "Traffic is served on as it is now.",
)
RELEASED = (
    "Endpoints can be moved again, and walks go on where they were.",
    "Moves that were refused meanwhile are not made up for: ask for them again.",
)


@only(Role.OPERATOR)
def freeze(request: HttpRequest) -> HttpResponse:
    def act(said: dict[str, Any]) -> str:
        freezing.freeze(asker(request), reason=said["reason"])
        return reverse("admin:index")

    return answer(request, Question("Freeze everything", "Freeze", STOPPED, reverse("admin:index"), danger=True), act)


@only(Role.OPERATOR)
def thaw(request: HttpRequest) -> HttpResponse:
    def act(said: dict[str, Any]) -> str:
        freezing.thaw(asker(request), reason=said["reason"])
        return reverse("admin:index")

    return answer(request, Question("Thaw", "Thaw", RELEASED, reverse("admin:index")), act)
