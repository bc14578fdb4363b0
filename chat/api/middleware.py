"""What surrounds every request: its id, and the promise that every error wears the envelope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from chat.api import faults, requestid
from chat.api.errors import answer_to, dress, envelope, for_people
from chat.api.undecodable import is_undecodable

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestIdMiddleware:
    """Outermost, so that whatever answers carries the id."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        identity = requestid.assign(request)
        # Server threads are used again: clear first, or a log line may carry the id of an older request.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=identity)
        response = self.get_response(request)
        response.headers["X-Request-ID"] = identity
        return response


class ErrorEnvelopeMiddleware:
    """Turns every failure into the envelope, except on pages for people."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < 400 or for_people(request) or not isinstance(response, HttpResponse):
            return response
        if response.headers.get("Content-Type") == "application/json":
            return response
        # Made by Django or a library: a bare 405, or a page of DEBUG.
        return dress(request, response, faults.fault_of_status(response.status_code))

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if is_undecodable(request):
            fault = faults.Fault(400, "bad_encoding", "the address is not percent-encoded UTF-8")
            return envelope(request, fault)
        try:
            request.get_host()
        except DisallowedHost:
            # Its own message names the setting to change: for the operator, not for the client.
            return envelope(request, faults.Fault(400, "bad_host", "this host name is not served here"))
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        return None if for_people(request) else answer_to(request, exception)
