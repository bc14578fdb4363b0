"""Middleware of the console, on the console's addresses only.

A chat request has neither a session nor a person, and is not to pay for looking them up. Subclasses rather than one
wrapper around all: Django's checks look for each by its class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from axes.middleware import AxesMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware

from chat.api.errors import for_people

GetResponse = Callable[[HttpRequest], HttpResponseBase]

POLICY = "; ".join(
    [
        "default-src 'none'",
        # unfold's pages are driven by Alpine, which evaluates the expressions in their attributes.
        "script-src 'self' 'unsafe-eval'",
        # They carry their colours in a <style> and widths in style="".
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
"""Only our own files run here as well; looser than the chat page's policy just where unfold needs it."""


class PolicyMiddleware:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if for_people(request):
            response.headers["Content-Security-Policy"] = POLICY
        return response


class ConsoleOnly:
    """First in the bases of each: lets other requests past untouched."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if for_people(request) else self.get_response(request)  # type: ignore[misc]


class ConsoleSessionMiddleware(ConsoleOnly, SessionMiddleware):
    pass


class ConsoleCsrfMiddleware(ConsoleOnly, CsrfViewMiddleware):
    def process_view(
        self, request: HttpRequest, callback: Callable[..., Any], callback_args: Any, callback_kwargs: Any
    ) -> Any:
        return super().process_view(request, callback, callback_args, callback_kwargs) if for_people(request) else None


class ConsoleAuthenticationMiddleware(ConsoleOnly, AuthenticationMiddleware):
    pass


class ConsoleMessageMiddleware(ConsoleOnly, MessageMiddleware):
    pass


class ConsoleAxesMiddleware(ConsoleOnly, AxesMiddleware):
    pass
