"""Pages whose middle part keeps itself up to date: the page asks for that part again, and gets it if it changed."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from migration.admin.site import console

STOP_POLLING = 286
"""What htmx takes for: this will not change any more."""


def show(request: HttpRequest, page: str, context: dict[str, Any], *, finished: bool = False) -> HttpResponse:
    """The page, or with `?part=live` only `<page>_live.html`: 304 when it is as the browser has it."""
    if request.GET.get("part") != "live":
        whole = {
            **console.each_context(request),
            **context,
            "live": f"migration/{page}_live.html",
            "moves": not finished,
        }
        return render(request, f"migration/{page}.html", whole)
    part = render_to_string(f"migration/{page}_live.html", context, request)
    tag = f'"{blake2b(part.encode(), digest_size=12).hexdigest()}"'
    if finished:
        return HttpResponse(part, status=STOP_POLLING)
    known = request.headers.get("If-None-Match") == tag
    response = HttpResponse(status=304) if known else HttpResponse(part)
    response.headers["ETag"] = tag
    return response
