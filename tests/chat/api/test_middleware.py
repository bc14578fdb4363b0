"""Every answer carries a request id, and every error the envelope."""

from __future__ import annotations

import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from chat.api.middleware import ErrorEnvelopeMiddleware, RequestIdMiddleware
from chat.api.requestid import request_id

PATHS = ["/", "/healthz", "/chat/comments/latest", "/nothing", "/chat"]


@pytest.mark.parametrize("path", PATHS)
def test_a_sane_request_id_is_echoed_everywhere(api: Client, path: str) -> None:
    assert api.get(path, HTTP_X_REQUEST_ID="Trace-1.a_b").headers["X-Request-ID"] == "Trace-1.a_b"


@pytest.mark.parametrize("given", ["", "a b", "a,b", "x" * 129, "é", "<script>", "a\tb", "a\n"])
def test_an_insane_request_id_is_replaced(api: Client, given: str) -> None:
    response = api.get("/nothing", HTTP_X_REQUEST_ID=given)
    made = response.headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)
    assert response.json()["error"]["request_id"] == made


def test_ids_made_are_different(api: Client) -> None:
    assert len({api.get("/healthz").headers["X-Request-ID"] for _ in range(50)}) == 50


def test_code_below_sees_the_id_that_is_answered(rf: RequestFactory) -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request_id(request))
        return HttpResponse()

    response = RequestIdMiddleware(view)(rf.get("/", HTTP_X_REQUEST_ID="r-7"))
    assert [response.headers["X-Request-ID"]] == seen == ["r-7"]


def test_debug_pages_wear_the_envelope_too(api: Client, settings: Settings) -> None:
    settings.DEBUG = True
    response = api.get("/nothing")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


def test_an_error_made_elsewhere_keeps_its_headers(rf: RequestFactory) -> None:
    made = HttpResponse("<h1>gone</h1>", status=410, headers={"Retry-After": "7"})
    response = ErrorEnvelopeMiddleware(lambda request: made)(rf.get("/x"))
    assert isinstance(response, HttpResponse)
    assert response.headers["Retry-After"] == "7"
    assert response.headers["Content-Length"] == str(len(response.content))
    assert b'"code":"http_410"' in response.content


def test_an_error_page_for_people_is_left_alone(rf: RequestFactory) -> None:
    made = HttpResponse("<h1>gone</h1>", status=404)
    assert ErrorEnvelopeMiddleware(lambda request: made)(rf.get("/admin/x")) is made
    assert made.content == b"<h1>gone</h1>"
