"""Addresses that are not percent-encoded UTF-8 are found before Django repairs them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from chat.api.undecodable import KEY, flag_undecodable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def flagged(environ: dict[str, Any]) -> bool:
    seen: list[bool] = []

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(KEY in environ)
        return []

    list(flag_undecodable(application)(environ, lambda *_: lambda _: None))
    return seen == [True]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"/chat", False),
        ("/チャット😀".encode(), False),
        (b"/%zz", False),
        (b"/\x00", False),
        (b"/\xff", True),
        (b"/\xc3", True),
        (b"/\xc0\x80", True),
        (b"/\xed\xa0\x80", True),
    ],
)
def test_a_path_must_be_utf8(path: bytes, expected: bool) -> None:
    assert flagged({"PATH_INFO": path.decode("latin-1"), "QUERY_STRING": ""}) is expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", False),
        ("a=1&b=%20%E6%99%82+x", False),
        ("a=%", True),
        ("a=%z1", True),
        ("a=%1", True),
        ("a=%FF", True),
        ("a=\xff", True),
    ],
)
def test_a_query_must_be_percent_encoded_utf8(query: str, expected: bool) -> None:
    assert flagged({"PATH_INFO": "/", "QUERY_STRING": query}) is expected


def test_a_missing_path_and_query_are_fine() -> None:
    assert flagged({}) is False
