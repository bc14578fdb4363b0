"""Dialog of a silent process: an operator's word how it was stopped (protocol F9)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from migration.admin.access import asker, only
from migration.admin.dialogs import Question, ReasonForm, answer
from migration.enums import HolderState
from migration.holders.declaring import declare_dead as declare
from migration.models import Holder
from migration.people.roles import Role, require

EFFECTS = (
    "Nobody waits for this process any more.",
    "No store but the one that decides counts as complete: a backfill and a full comparison come before the next move.",
    "If it is alive after all, a write it had been admitted for may still come; it is merged, not lost.",
)


class HowForm(ReasonForm):
    """The reason is a statement here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "How was it stopped, or its credentials revoked?"


@only(Role.OPERATOR)
def declare_dead(request: HttpRequest, pk: int) -> HttpResponse:
    holder = get_object_or_404(Holder, pk=pk)
    back = reverse("admin:migration_holder_changelist")
    live = holder.state == HolderState.LIVE
    closed = "" if live else f"It is not live but {holder.get_state_display()}: nothing waits for it."
    where = f"{holder.kind}, pid {holder.pid}{f' on {holder.machine}' if holder.machine else ''}"
    effects = (f"{where}; last seen {holder.seen_at:%Y-%m-%d %H:%M:%S} UTC.", *EFFECTS)

    def act(said: dict[str, Any]) -> str:
        actor = asker(request)
        require(actor, Role.OPERATOR)
        declare(pk, how=said["reason"], actor=actor.name)
        return back

    question = Question(f"Declare process {pk} dead", "Declare dead", effects, back, danger=True, closed=closed)
    return answer(request, question, act, form=HowForm(request.POST if request.method == "POST" else None))
