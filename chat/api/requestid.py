"""The id of a request: the client's own if it is sane, else made. The answer and each log line carry it."""

from __future__ import annotations

import re
import secrets

from django.http import HttpRequest

SANE = re.compile(r"[A-Za-z0-9._-]{1,128}")
KEY = "chat.request_id"


def assign(request: HttpRequest) -> str:
    """An id that could break a header, a log line or a page is replaced, not repaired."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    request.META[KEY] = given if SANE.fullmatch(given) else secrets.token_hex(16)
    return request_id(request)


def request_id(request: HttpRequest) -> str:
    identity: str = request.META.get(KEY) or assign(request)
    return identity
