"""Dialogs of an endpoint: advance, roll back, ramp, shadow. Each makes a request, as `manage.py route` would."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from chat.data import Endpoint
from migration.admin.access import asker, only
from migration.admin.dialogs import Question, ReasonForm, answer
from migration.admin.endpoint import route_of
from migration.enums import Phase
from migration.exceptions import IllegalMove
from migration.models import Route
from migration.people.roles import Role
from migration.transitions.planning import Wish
from migration.transitions.preview import Preview, preview
from migration.transitions.requests import request as request_move

TITLES = {"advance": "Advance {}", "rollback": "Roll back {}", "ramp": "Ramp of {}", "shadow": "Shadow of {}"}
BUTTONS = {"advance": "Advance to {}", "rollback": "Roll back to {}", "ramp": "Change the ramp", "shadow": "Change it"}
SHARES = ("ramp", "shadow")


class MoveForm(ReasonForm):
    """`to` is the phase the operator was shown: a dialog left open while somebody else moved leads no further."""

    to = forms.ChoiceField(choices=Phase.choices, widget=forms.HiddenInput)


class ShareForm(MoveForm):
    percent = forms.IntegerField(
        label="Percent", min_value=0, max_value=100, widget=UnfoldAdminIntegerFieldWidget({"min": 0, "max": 100})
    )
    field_order = ("percent", "reason", "to")


@only(Role.OPERATOR)
def move(request: HttpRequest, name: str, verb: str) -> HttpResponse:
    if verb not in TITLES:
        raise Http404(f"endpoints cannot be asked to {verb}")
    route = route_of(name)
    question, shown = ask_for(route, verb)
    kind = ShareForm if verb in SHARES else MoveForm
    initial = {"to": shown.after if shown else route.phase, "percent": shown.percent if shown else None}
    form = kind(request.POST) if request.method == "POST" else kind(initial=initial)

    def act(said: dict[str, Any]) -> str:
        wish = _wish(route, verb, said["reason"], to=Phase(said["to"]), percent=said.get("percent"))
        return reverse("admin:transition", args=[request_move(wish, asker(request)).pk])

    return answer(request, question, act, form=form)


def ask_for(route: Route, verb: str) -> tuple[Question, Preview | None]:
    """What the move would do as things are; without a preview there is nothing to press, and the question says why."""
    title, back = TITLES[verb].format(route.endpoint), reverse("admin:endpoint", args=[route.endpoint])
    percent = {"ramp": route.ramp_percent, "shadow": route.shadow_percent}.get(verb)
    try:
        shown = preview(_wish(route, verb, "", percent=percent))
    except IllegalMove as error:
        return Question(title, "", (), back, closed=f"{error}."), None
    question = Question(
        title=title,
        button=BUTTONS[verb].format(shown.after),
        effects=effects(shown, by_share=verb in SHARES),
        back=back,
        answers=shown.answers,
        danger=verb == "rollback",
    )
    return question, shown


def effects(shown: Preview, *, by_share: bool) -> list[str]:
    """Of a share that is not chosen yet only what is so now can be said."""
    told = [sentence for sentence in shown.effect if not (by_share and sentence.startswith("then"))]
    told += ["1 process has to confirm it" if shown.holders == 1 else f"{shown.holders} processes have to confirm it"]
    told += [str(one) for one in shown.missing]
    told += ["it waits for an approver before it begins"] if shown.approval_needed else []
    return [sentence[:1].upper() + sentence[1:] + "." for sentence in [*told, *shown.notes]]


def _wish(route: Route, verb: str, reason: str, *, to: Phase | None = None, percent: int | None = None) -> Wish:
    """The service puts the asker's own name into it. A share changes within its phase, so it has no `to`."""
    endpoint = Endpoint(route.endpoint)
    to = None if verb in SHARES else to
    return Wish(endpoint=endpoint, verb=verb, actor="", reason=reason, to=to, percent=percent)
