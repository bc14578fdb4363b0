"""Dialogs: what will happen, a reason, and one button. The same address is a page of its own without a script.

A look (GET) changes nothing. An answer (POST) calls one service; what that refuses is shown above the form, with all
that was typed still in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from unfold.widgets import UnfoldAdminTextareaWidget

from migration.exceptions import ControlError, Refused
from migration.guards.answer import Answer

LONGEST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Question:
    """`effects` are sentences; `answers` those of the guards, as they are now. `back` is the page it was asked on."""

    title: str
    button: str
    effects: Sequence[str]
    back: str
    answers: Sequence[Answer] = ()
    danger: bool = False
    # Why there is nothing to press; empty when there is.
    closed: str = ""


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why?",
        help_text="Kept in the audit, under your name.",
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget({"rows": 3, "autofocus": True}),
        error_messages={"required": "Say why: the audit keeps it."},
    )


Act = Callable[[dict[str, Any]], str]
"""Gets what the form holds, calls the service, and returns the address of the page that shows what came of it."""


def answer(request: HttpRequest, question: Question, act: Act, *, form: forms.Form | None = None) -> HttpResponse:
    """`form` must be bound to `request.POST` if it is another one than the reason alone."""
    posted = request.method == "POST"
    form = form or ReasonForm(request.POST if posted else None)
    problems: list[str] = []
    if posted and not question.closed and form.is_valid():
        try:
            return _go(request, act(form.cleaned_data))
        except Refused as refusal:
            problems = refusal.reasons
        except ControlError as error:
            problems = [str(error)]
    context = {"question": question, "form": form, "problems": problems, "dialog": in_page(request)}
    return render(request, "migration/dialog.html", context)


def in_page(request: HttpRequest) -> bool:
    """Asked by a page's script that will show it in its dialog."""
    return "HX-Request" in request.headers


def _go(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect would be followed by the script, and swapped into the dialog."""
    return HttpResponse(headers={"HX-Redirect": address}) if in_page(request) else redirect(address)
