"""/admin/migration/auditevent/: who did what, when and why."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from unfold.decorators import display

from migration.admin.dialogs import in_page
from migration.admin.readonly import ReadOnlyAdmin
from migration.audit.verification import head, verify
from migration.models import AuditEvent


class AuditAdmin(ReadOnlyAdmin):
    list_display = ("shown_at", "actor", "action", "subject", "reason")
    list_filter = ("action", "actor", "subject")
    search_fields = ("actor", "action", "subject", "reason")
    ordering = ("-pk",)
    date_hierarchy = "at"
    list_before_template = "migration/lists/audit.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "head": head()})  # type: ignore[no-any-return]

    @display(description="At (UTC)", ordering="pk")
    def shown_at(self, row: AuditEvent) -> str:
        return f"{row.at:%Y-%m-%d %H:%M:%S}"


def chain(request: HttpRequest) -> HttpResponse:
    """Walks the whole chain, which takes about a second for fifty thousand events, and tells what it found."""
    return render(request, "migration/chain.html", {"verdict": verify(), "dialog": in_page(request)})
