"""Bad input of every kind is refused in the envelope with a stable code, and changes nothing."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from chat.stores.memory import MemoryStore
from tests.chat.api.conftest import Limit

POST = "/chat/comments/add"
LATEST = "/chat/comments/latest"


def with_name(name: object) -> bytes:
    return json.dumps({"name": name, "comment": "hi"}).encode()


def with_comment(comment: object) -> bytes:
    return json.dumps({"name": "ann", "comment": comment}).encode()


def bomb(opening: bytes, depth: int) -> bytes:
    return b'{"name": "ann", "comment": "hi", "more": ' + opening * depth


BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "bad_json"),
    "blanks": (b"  \n", "bad_json"),
    "broken": (b'{"name": "ann", "comment": "hi"', "bad_json"),
    "two values": (b'{"name": "a", "comment": "b"} {}', "bad_json"),
    "single quotes": (b"{'name': 'ann', 'comment': 'hi'}", "bad_json"),
    "a form": (b"name=ann&comment=hi", "bad_json"),
    "raw NUL": (b'{"name": "a\0n", "comment": "hi"}', "bad_json"),
    "only NULs": (b"\0" * 40, "bad_json"),
    "NaN": (b'{"name": "a", "comment": "b", "n": NaN}', "bad_json"),
    "Infinity": (b'{"name": "a", "comment": "b", "n": -Infinity}', "bad_json"),
    "a number of 5000 digits": (b'{"name": "a", "comment": "b", "n": ' + b"9" * 5000 + b"}", "bad_json"),
    "array bomb": (bomb(b"[", 60_000), "bad_json"),
    "object bomb": (bomb(b'{"a":', 10_000), "bad_json"),
    "not UTF-8": (b'{"name": "\xff\xfe", "comment": "hi"}', "bad_encoding"),
    "Latin-1": ('{"name": "Zoë", "comment": "hi"}'.encode("latin-1"), "bad_encoding"),
    "UTF-16": ('{"name": "ann", "comment": "hi"}'.encode("utf-16"), "bad_encoding"),
    "overlong UTF-8": (b'{"name": "\xc0\x80", "comment": "hi"}', "bad_encoding"),
    "UTF-8 of a surrogate": (b'{"name": "\xed\xa0\x80", "comment": "hi"}', "bad_encoding"),
    "null": (b"null", "not_an_object"),
    "text": (b'"name"', "not_an_object"),
    "number": (b"1e400", "not_an_object"),
    "array": (b'[{"name": "ann", "comment": "hi"}]', "not_an_object"),
    "no name": (b'{"comment": "hi"}', "missing_name"),
    "no comment": (b'{"name": "ann"}', "missing_comment"),
    "empty object": (b"{}", "missing_name"),
    "other case": (b'{"Name": "ann", "comment": "hi"}', "missing_name"),
    "name null": (with_name(None), "bad_name"),
    "name number": (with_name(7), "bad_name"),
    "name true": (with_name(True), "bad_name"),
    "name array": (with_name(["ann"]), "bad_name"),
    "name empty": (with_name(""), "bad_name"),
    "name too long": (with_name("n" * 257), "bad_name"),
    "name too long, wide": (with_name("名" * 257), "bad_name"),
    "name NUL": (with_name("a\0n"), "bad_name"),
    "name lone surrogate": (b'{"name": "\\ud800", "comment": "hi"}', "bad_name"),
    "name surrogates reversed": (b'{"name": "\\udc00\\ud800", "comment": "hi"}', "bad_name"),
    "comment null": (with_comment(None), "bad_comment"),
    "comment number": (with_comment(1.5), "bad_comment"),
    "comment object": (with_comment({"text": "hi"}), "bad_comment"),
    "comment NUL": (with_comment("\0"), "bad_comment"),
    "comment lone surrogate": (b'{"name": "ann", "comment": "x\\udfffy"}', "bad_comment"),
    "comment too long": (with_comment("x" * 16385), "comment_too_long"),
    "comment too wide": (b'{"name": "a", "comment": "' + "é".encode() * 8193 + b'"}', "comment_too_long"),
    "name twice": (b'{"name": "ann", "name": "bob", "comment": "hi"}', "duplicate_member"),
    "unknown twice, deep": (b'{"name": "a", "comment": "b", "c": {"d": 1, "d": 2}}', "duplicate_member"),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_bad_body_is_refused_and_keeps_nothing(api: Client, memory: MemoryStore, case: str) -> None:
    body, code = BODIES[case]
    response = api.generic("POST", POST, body, content_type="application/json")
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, code)
    assert error["request_id"] == response.headers["X-Request-ID"]
    assert list(memory.rooms()) == []


def test_a_body_over_the_limit_is_413_and_one_at_the_limit_is_read(api: Client) -> None:
    head, tail = b'{"name": "ann", "comment": "hi", "pad": "', b'"}'
    padded = head + b"x" * (65536 - len(head) - len(tail)) + tail
    assert api.generic("POST", POST, padded).status_code == 200
    response = api.generic("POST", POST, padded + b" ")
    assert (response.status_code, response.json()["error"]["code"]) == (413, "body_too_large")


def test_the_limits_come_from_the_settings(api: Client, limits: Limit) -> None:
    limits(chat_max_body_bytes=1024, chat_max_name_chars=3, chat_max_comment_bytes=2)
    codes = [
        api.generic("POST", POST, body).json().get("error", {}).get("code")
        for body in (b"x" * 1025, with_name("abcd"), with_comment("abc"), b'{"name": "abc", "comment": "ab"}')
    ]
    assert codes == ["body_too_large", "bad_name", "comment_too_long", None]


@pytest.mark.parametrize(
    ("position", "code"),
    [
        ("%00", "bad_position"),
        ("1700000000%00", "bad_position"),
        ("9" * 1025, "bad_position"),
        ("%E6%99%82" * 342, "bad_position"),
    ],
)
def test_a_position_no_store_can_compare_is_refused(api: Client, position: str, code: str) -> None:
    response = api.get(f"{LATEST}/{position}")
    assert (response.status_code, response.json()["error"]["code"]) == (400, code)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/chat/comments",
        "/chat/comments/",
        "/chat/comments/newest",
        "/CHAT/comments/all",
        "/chat//",
    ],
)
def test_an_unknown_path_is_404_in_the_envelope(api: Client, path: str) -> None:
    response = api.get(path)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", POST, "POST, OPTIONS"),
        ("PUT", POST, "POST, OPTIONS"),
        ("HEAD", POST, "POST, OPTIONS"),
        ("POST", LATEST, "GET, HEAD, OPTIONS"),
        ("DELETE", f"{LATEST}/1111", "GET, HEAD, OPTIONS"),
        ("PATCH", "/chat/comments/all", "GET, HEAD, OPTIONS"),
        ("TRACE", "/", "GET, HEAD, OPTIONS"),
        ("BREW", "/healthz", "GET, HEAD, OPTIONS"),
        ("POST", "/readyz", "GET, HEAD, OPTIONS"),
        ("POST", "/chat", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_405_with_the_right_ones(api: Client, method: str, path: str, allowed: str) -> None:
    response = api.generic(method, path)
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)
    if method != "HEAD":
        assert response.json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize("host", ["evil.example", "a b", "", "127.0.0.1:port", "[::1", "x" * 300])
def test_a_bad_host_is_400_and_the_answer_names_no_setting(api: Client, host: str) -> None:
    response = api.get(LATEST, HTTP_HOST=host)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_host")
    assert "ALLOWED_HOSTS" not in response.content.decode()
