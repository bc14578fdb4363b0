"""The chat page. It holds no comments: its script reads and posts through the public API like any client."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat import conf
from chat.web.assets import asset_url

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
"""Only our own files run: a comment that slipped through as markup could still do nothing."""


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    context = {
        "style": asset_url("chat.css"),
        "script": asset_url("chat.js"),
        "icon": asset_url("icon.svg"),
        "name_limit": conf.env().chat_max_name_chars,
        "comment_limit": conf.env().chat_max_comment_bytes,
    }
    response = render(request, "chat/page.html", context)
    response.headers["Content-Security-Policy"] = POLICY
    # The page names its assets by content, so a kept copy would hold on to old ones.
    response.headers["Cache-Control"] = "no-cache"
    return response
