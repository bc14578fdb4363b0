"""Dialogs of a request that has not begun: a second person's yes, or its withdrawal."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from migration.admin.access import asker, only
from migration.admin.dialogs import Question, answer
from migration.enums import Step
from migration.models import Transition
from migration.people.roles import Role
from migration.transitions import requests


@only(Role.APPROVER)
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    wanted = get_object_or_404(Transition, pk=pk)
    effects = (*_told(wanted), "With your approval it begins at once, in the name of whoever asked for it.")

    def act(said: dict[str, Any]) -> str:
        requests.approve(pk, asker(request), reason=said["reason"])
        return _page(pk)

    return answer(request, Question(f"Approve request {pk}", "Approve", effects, _page(pk), closed=_over(wanted)), act)


@only(Role.OPERATOR, Role.APPROVER)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    wanted = get_object_or_404(Transition, pk=pk)
    effects = (*_told(wanted), "It ends without having changed anything.")

    def act(said: dict[str, Any]) -> str:
        requests.withdraw(pk, asker(request), reason=said["reason"])
        return _page(pk)

    return answer(
        request, Question(f"Withdraw request {pk}", "Withdraw", effects, _page(pk), closed=_over(wanted)), act
    )


def _told(wanted: Transition) -> tuple[str, str]:
    moves = f"{wanted.actor} asked for {wanted.verb} of {wanted.endpoint}: {wanted.from_phase} to {wanted.to_phase}."
    return moves, f"Their reason: {wanted.reason}"


def _over(wanted: Transition) -> str:
    if wanted.step == Step.REQUESTED:
        return ""
    return f"Request {wanted.pk} is no longer waiting: {wanted.get_step_display()}."


def _page(pk: int) -> str:
    return reverse("admin:transition", args=[pk])
