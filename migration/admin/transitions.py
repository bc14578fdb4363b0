"""/admin/migration/transition/: every move that was asked for, the newest first."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from migration.admin.readonly import ReadOnlyAdmin
from migration.models import Transition
from migration.transitions.status import outcome

COLOURS = {"done": "success", "rolled_back": "success", "refused": "danger", "waiting": "warning"}


class TransitionAdmin(ReadOnlyAdmin):
    list_display = ("move", "shown_outcome", "verb", "actor", "reason", "epoch", "asked")
    list_display_links = None
    list_filter = ("endpoint", "verb", "step")
    search_fields = ("actor", "reason", "detail", "endpoint")
    ordering = ("-pk",)
    list_before_template = "migration/lists/transitions.html"

    @display(description="Move")
    def move(self, row: Transition) -> str:
        text = f"{row.pk}: {row.endpoint} {row.from_phase} → {row.to_phase}"
        return format_html('<a class="mv-link" href="{}">{}</a>', reverse("admin:transition", args=[row.pk]), text)

    @display(description="Outcome", label=COLOURS)
    def shown_outcome(self, row: Transition) -> str:
        return outcome(row)

    @display(description="Asked (UTC)", ordering="pk")
    def asked(self, row: Transition) -> str:
        return f"{row.created_at:%Y-%m-%d %H:%M:%S}"

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Rows have a page of their own."""
        return (
            redirect("admin:transition", pk=int(object_id))
            if object_id.isdecimal()
            else super().change_view(request, object_id, *args, **kwargs)
        )
