"""Failures of the stores and our own reach the client in the envelope, and the operator in the log."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from structlog.testing import capture_logs

from chat.api import errors
from chat.data import Comment, Page, Position
from chat.exceptions import OutcomeUnknown, StoreRefused, StoreUnavailable
from chat.routing.process import use_router
from chat.stores.base import PutResult
from chat.stores.memory import MemoryStore
from tests.chat.api.conftest import router_on

POST = "/chat/comments/add"
COMMENT = {"name": "ann", "comment": "hi"}


class Broken(MemoryStore):
    """A store whose engine fails on demand: a memory store has no wire of its own to cut."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def put(self, comment: Comment) -> PutResult:
        raise self.error

    def page(self, room: str, after: Position | None, limit: int) -> Page:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "code", "pause"),
    [
        (StoreUnavailable("dynamodb", "10.0.0.7 refused"), 503, "store_unavailable", "1"),
        (OutcomeUnknown("dynamodb", "10.0.0.7 timed out"), 503, "outcome_unknown", "5"),
        (StoreRefused("dynamodb", "10.0.0.7 no table"), 500, "store_refused", None),
        (ZeroDivisionError("10.0.0.7"), 500, "internal_error", None),
    ],
)
def test_a_failed_post_is_told_and_logged(error: Exception, status: int, code: str, pause: str | None) -> None:
    with use_router(router_on(Broken(error))), capture_logs() as logged:
        response = Client().post(POST, COMMENT, content_type="application/json", HTTP_X_REQUEST_ID="r-1")
    assert response.status_code == status
    assert response.headers.get("Retry-After") == pause
    assert response.json()["error"]["code"] == code
    assert response.json()["error"]["request_id"] == "r-1"
    assert b"10.0.0.7" not in response.content
    (line,) = [line for line in logged if line["event"] == "request_failed"]
    assert (line["request_id"], line["code"], line["path"]) == ("r-1", code, POST)
    assert "10.0.0.7" in line["error"]
    assert line["exc_info"] is (error if status == 500 else None)


def test_a_read_that_fails_on_its_first_page_is_an_ordinary_error() -> None:
    with use_router(router_on(Broken(StoreUnavailable("scylla-room", "down")))):
        response = Client().get("/chat/comments/all")
    assert (response.status_code, response.json()["error"]["code"]) == (503, "store_unavailable")


def test_bad_input_is_not_the_operators_business(api: Client) -> None:
    with capture_logs() as logged:
        assert api.generic("POST", POST, b"{").status_code == 400
    assert logged == []


@pytest.mark.parametrize(
    ("path", "content_type"), [("/admin/x", "text/html; charset=utf-8"), ("/x", "application/json")]
)
def test_pages_for_people_keep_djangos_own_errors(rf: RequestFactory, path: str, content_type: str) -> None:
    request = rf.get(path)
    answers = [
        errors.bad_request(request, ValueError()),
        errors.forbidden(request, PermissionError()),
        errors.not_found(request, LookupError()),
        errors.server_error(request),
    ]
    assert [answer.headers["Content-Type"] for answer in answers] == [content_type] * 4
