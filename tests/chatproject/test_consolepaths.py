"""The console's middleware costs a chat request nothing, and the console lacks none of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils.module_loading import import_string

from chatproject import console
from chatproject.consolepaths import POLICY, ConsoleCsrfMiddleware

SCOPED = [name for name in console.MIDDLEWARE if "Console" in name]


@pytest.mark.parametrize("name", SCOPED)
def test_each_lets_a_chat_request_past_untouched(name: str) -> None:
    seen: list[dict[str, Any]] = []

    def get_response(request: HttpRequest) -> HttpResponse:
        seen.append(dict(request.__dict__))
        return HttpResponse()

    request = RequestFactory().post("/chat/comments/add")
    before = dict(request.__dict__)
    response = import_string(name)(get_response)(request)

    assert seen == [before]
    assert not response.cookies
    assert not response.has_header("Vary")


def test_only_posts_to_the_console_need_a_token() -> None:
    check = ConsoleCsrfMiddleware(lambda request: HttpResponse())
    refused = check.process_view(RequestFactory().post("/admin/freeze/"), lambda request: None, (), {})

    assert refused.status_code == 403
    assert check.process_view(RequestFactory().post("/chat/comments/add"), lambda request: None, (), {}) is None


def test_a_chat_request_asks_no_database_for_a_session(control: Path, django_assert_num_queries: Any) -> None:
    client = Client()
    client.cookies["sessionid"] = "one that somebody sent along"

    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200
        page = client.get("/chat")

    assert page.status_code == 200
    assert not page.cookies


def test_the_console_s_cookies_go_to_the_console_only(control: Path) -> None:
    page = Client().get("/admin/login/")

    assert page.cookies["csrftoken"]["path"] == "/admin/"
    assert settings.SESSION_COOKIE_PATH == "/admin/"
    assert settings.SESSION_COOKIE_HTTPONLY


def test_the_console_has_a_policy_of_its_own_and_the_chat_page_keeps_its_stricter_one(control: Path) -> None:
    client = Client()

    assert client.get("/admin/login/").headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in client.get("/chat").headers["Content-Security-Policy"]
    assert "http" not in POLICY


def test_django_finds_everything_in_its_place() -> None:
    assert [each for each in run_checks() if not each.is_silenced()] == []


def test_the_address_without_its_slash_leads_to_the_console() -> None:
    answer = Client().get("/admin")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
