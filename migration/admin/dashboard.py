"""/admin/: every endpoint, its phase, and what the next step waits for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from migration.admin.access import roles_of
from migration.admin.board import board
from migration.admin.live import show


def dashboard(request: HttpRequest) -> HttpResponse:
    return show(request, "dashboard", {"title": "Endpoints", "board": board(), "roles": roles_of(request)})
