"""The one error envelope, `{"error": {"code", "message", "request_id"}}`, also around Django's own errors."""

from __future__ import annotations

import orjson
import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views import defaults

from chat.api import faults
from chat.api.faults import Fault, MethodNotAllowed
from chat.api.requestid import request_id

log = structlog.get_logger(__name__)

CONSOLE = "/admin/"
"""Pages for people: errors under it stay Django's own HTML."""


def for_people(request: HttpRequest) -> bool:
    return request.path_info.startswith(CONSOLE)


def envelope(request: HttpRequest, fault: Fault) -> HttpResponse:
    return dress(request, HttpResponse(status=fault.status), fault)


def dress(request: HttpRequest, response: HttpResponse, fault: Fault) -> HttpResponse:
    """Put the envelope into an answer, keeping its other headers."""
    error = {"code": fault.code, "message": fault.message, "request_id": request_id(request)}
    response.content = orjson.dumps({"error": error})
    response.headers["Content-Type"] = "application/json"
    response.headers["Content-Length"] = str(len(response.content))
    if fault.retry_after is not None:
        response.headers["Retry-After"] = str(fault.retry_after)
    return response


def answer_to(request: HttpRequest, error: Exception) -> HttpResponse:
    """The envelope for an exception; what is not the client's fault is logged with its cause."""
    fault = faults.fault_of(error)
    report(request, fault, error)
    response = envelope(request, fault)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(error.allowed)
    return response


def report(request: HttpRequest, fault: Fault, error: Exception) -> None:
    if fault.status < 500:
        return
    # A 503 is an outage that others already describe; a 500 is a defect and needs its trace.
    trace = error if fault.status == 500 else None
    emit = log.error if trace else log.warning
    emit(
        "request_failed",
        code=fault.code,
        method=request.method,
        path=request.path_info,
        request_id=request_id(request),
        kind=type(error).__name__,
        error=str(error),
        exc_info=trace,
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return defaults.bad_request(request, exception) if for_people(request) else answer_to(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if for_people(request):
        return defaults.permission_denied(request, exception)
    return envelope(request, faults.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if for_people(request):
        return defaults.page_not_found(request, exception)
    return envelope(request, faults.NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Reached only when a middleware fails; Django has logged the cause by then."""
    return defaults.server_error(request) if for_people(request) else envelope(request, faults.INTERNAL)
