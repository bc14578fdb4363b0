"""Cross-origin access as the sample grants it: any origin may read the chat API, errors included."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from chat.api.errors import for_people

ALLOWED_HEADERS = (
    "Content-Type",
    "X-Request-ID",
    "Idempotency-Key",
    # The sample's gateway allowed these too; a client that sends them must pass the preflight as before.
    "Authorization",
    "X-Api-Key",
    "X-Amz-Date",
    "X-Amz-Security-Token",
)
EXPOSED_HEADERS = ("X-Request-ID", "Retry-After", "X-Chat-Store", "X-Chat-Epoch")
PREFLIGHT_SECONDS = 600
"""How long a browser may remember a preflight answer; longer is capped by the browsers themselves."""


class CorsMiddleware:
    """No credentials are involved: the API has no cookies, so `*` gives nothing away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not for_people(request):
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Expose-Headers"] = ", ".join(EXPOSED_HEADERS)
        return response


def preflight(allowed: tuple[str, ...]) -> HttpResponse:
    """The answer to OPTIONS: 204, the methods of this address and the headers a page may send."""
    response = HttpResponse(status=204)
    del response.headers["Content-Type"]
    response.headers["Allow"] = ", ".join(allowed)
    response.headers["Access-Control-Allow-Methods"] = ", ".join(allowed)
    response.headers["Access-Control-Allow-Headers"] = ", ".join(ALLOWED_HEADERS)
    response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response
