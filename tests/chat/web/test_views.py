"""The page is served with its own assets only, under a policy that runs nothing else."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from chat.web.assets import FOLDER, asset_url


@pytest.mark.parametrize("path", ["/chat", "/chat/"])
def test_the_page_is_html_that_always_asks_for_a_fresh_copy(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"


def test_the_policy_allows_our_own_files_and_nothing_inline(client: Client) -> None:
    directives = dict(
        directive.split(" ", 1) for directive in client.get("/chat").headers["Content-Security-Policy"].split("; ")
    )
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == directives["connect-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"


def test_the_page_holds_nothing_that_the_policy_would_stop(client: Client) -> None:
    html = client.get("/chat").content.decode()
    assert re.findall(r"<script(?![^>]* src=)|<style| style=| on\w+=|https?://", html) == []


@pytest.mark.parametrize("name", ["chat.css", "chat.js", "icon.svg"])
def test_every_asset_is_named_by_its_content_and_served(client: Client, name: str) -> None:
    url = asset_url(name)
    assert re.fullmatch(rf"/static/chat/{re.escape(name)}\?v=[0-9a-f]{{12}}", url)
    assert url in client.get("/chat").content.decode()
    served = client.get(url)
    assert served.status_code == 200
    assert b"".join(served) == (FOLDER / name).read_bytes()


def test_the_limits_on_the_page_are_those_of_the_api(client: Client) -> None:
    html = client.get("/chat").content.decode()
    assert 'maxlength="256"' in html
    assert 'data-comment-limit="16384"' in html


def test_every_field_has_a_label(client: Client) -> None:
    html = client.get("/chat").content.decode()
    fields = re.findall(r"<(?:input|textarea)[^>]* id=\"(\w+)\"", html)
    assert fields == ["name", "comment"]
    assert re.findall(r"<label for=\"(\w+)\"", html) == fields
