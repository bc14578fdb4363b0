"""Whatever bytes arrive, the answer is no 5xx and, if it is an error, wears the envelope."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.http import HttpResponseBase
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.routing.process import use_router
from chat.stores.memory import MemoryStore
from tests.chat.api.conftest import body_of, router_on
from tests.examples import examples

# The store is made anew inside each test, so no state leaks from one example into the next.
quick = settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Lone surrogates too: json.dumps writes them as escapes, and a careless client sends them.
ANY_CHARACTER = st.characters(exclude_categories=())
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(ANY_CHARACTER, max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
posts = st.fixed_dictionaries({}, optional={"name": anything, "comment": anything, "more": anything})
methods = st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "BREW"])
prefixes = st.sampled_from(["/", "/chat/", "/chat/comments/", "/chat/comments/latest/", "/static/", "/readyz"])


def answer(method: str, path: str, body: bytes = b"", **headers: Any) -> HttpResponseBase:
    with use_router(router_on(MemoryStore())):
        return Client().generic(method, path, body, **headers)


def check(response: HttpResponseBase, method: str) -> None:
    assert response.status_code < 500
    if response.status_code >= 400 and method != "HEAD":
        error = json.loads(body_of(response))["error"]
        assert set(error) == {"code", "message", "request_id"}


@quick
@given(body=st.binary(max_size=200))
def test_bytes_as_a_body(body: bytes) -> None:
    check(answer("POST", "/chat/comments/add", body), "POST")


@quick
@given(body=anything | posts)
def test_json_of_any_shape_as_a_body(body: Any) -> None:
    check(answer("POST", "/chat/comments/add", json.dumps(body).encode()), "POST")


@quick
@given(method=methods, prefix=prefixes, rest=st.binary(max_size=60))
def test_any_path_and_method(method: str, prefix: str, rest: bytes) -> None:
    check(answer(method, prefix + quote(rest, safe="/")), method)


@quick
@given(query=st.binary(max_size=60), host=st.text(max_size=30), identity=st.text(max_size=40))
def test_any_query_host_and_request_id(query: bytes, host: str, identity: str) -> None:
    headers: dict[str, Any] = {
        "QUERY_STRING": query.decode("latin-1"),
        "HTTP_HOST": host,
        "HTTP_X_REQUEST_ID": identity,
    }
    check(answer("GET", "/chat/comments/latest", **headers), "GET")


@quick
@given(position=st.text(min_size=1, max_size=80))
def test_any_text_is_a_position_or_a_400(position: str) -> None:
    response = answer("GET", f"/chat/comments/latest/{quote(position, safe='')}")
    assert response.status_code == (400 if "\0" in position else 200)


@pytest.mark.parametrize("length", ["-1", "abc", "1_0", " 5", "٣", "9" * 30, "5, 5", "0x10"])
def test_a_bad_content_length_is_refused(length: str) -> None:
    response = answer("POST", "/chat/comments/add", b"{}", CONTENT_LENGTH=length)
    assert response.status_code in {400, 413}
    check(response, "POST")
