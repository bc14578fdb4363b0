"""Which methods an address answers to; the rest is 405 with Allow, and OPTIONS is the CORS preflight."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from chat.api.cors import preflight
from chat.api.faults import MethodNotAllowed

View = Callable[..., HttpResponseBase]


def methods(*allowed: str) -> Callable[[View], View]:
    """GET brings HEAD along. API views have no session to forge, so they are outside CSRF checks."""
    served = (*allowed, "HEAD") if "GET" in allowed else allowed
    named = (*served, "OPTIONS")

    def guarded(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def dispatch(request: HttpRequest, **captured: str) -> HttpResponseBase:
            if request.method in served:
                return view(request, **captured)
            if request.method == "OPTIONS":
                return preflight(named)
            raise MethodNotAllowed(named)

        return dispatch

    return guarded
