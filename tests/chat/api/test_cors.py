"""Pages of any origin may use the chat API, as with the sample."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from chat.api.cors import CorsMiddleware

ORIGIN = {"Origin": "https://elsewhere.example"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/chat", 200),
        ("GET", "/chat/comments/latest", 200),
        ("GET", "/chat/comments/all", 200),
        ("GET", "/chat/comments/latest/%00", 400),
        ("POST", "/chat/comments/add", 400),
        ("GET", "/nothing", 404),
        ("PUT", "/chat/comments/add", 405),
    ],
)
def test_every_answer_may_be_read_by_any_origin(api: Client, method: str, path: str, status: int) -> None:
    response = api.generic(method, path, headers=ORIGIN)
    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]


def test_a_bad_host_may_read_its_refusal_too(api: Client) -> None:
    response = api.get("/chat/comments/all", HTTP_HOST="evil.example")
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (400, "*")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/chat/comments/add", "POST, OPTIONS"),
        ("/chat/comments/latest", "GET, HEAD, OPTIONS"),
        ("/chat/comments/latest/1111", "GET, HEAD, OPTIONS"),
        ("/chat/comments/all", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_preflight_answers_204_with_the_methods_of_the_path(api: Client, path: str, allowed: str) -> None:
    response = api.options(path, headers={**ORIGIN, "Access-Control-Request-Method": "POST"})
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Access-Control-Allow-Methods"] == response.headers["Allow"] == allowed
    granted = response.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"Content-Type", "X-Request-ID", "Idempotency-Key"} <= set(granted)
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_a_preflight_of_an_unknown_path_is_404(api: Client) -> None:
    assert api.options("/nothing", headers=ORIGIN).status_code == 404


def test_pages_for_people_are_not_opened_to_other_origins(rf: RequestFactory) -> None:
    response = CorsMiddleware(lambda request: HttpResponse())(rf.get("/admin/"))
    assert "Access-Control-Allow-Origin" not in response.headers
