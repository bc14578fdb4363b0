"""A request body is read whole or refused, however its length is told."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest

from chat.api.body import DRAIN_BYTES, read_body
from chat.api.faults import BodyTooLarge
from chat.exceptions import BadInput
from tests.chat.api.conftest import Limit

CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}


def request_with(sent: bytes, **environ: Any) -> WSGIRequest:
    """A server puts the bytes that really arrived behind wsgi.input, whatever the headers claim."""
    given = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.input": io.BytesIO(sent)}
    return WSGIRequest({**given, **environ})


def test_a_body_is_read_up_to_its_length() -> None:
    assert read_body(request_with(b"abcdef", CONTENT_LENGTH="4")) == b"abcd"
    assert read_body(request_with(b"", CONTENT_LENGTH="")) == b""
    assert read_body(request_with(b"")) == b""


def test_a_body_cut_short_is_refused_even_if_it_parses() -> None:
    with pytest.raises(BadInput, match="ended before") as refusal:
        read_body(request_with(b'{"name": "a", "comment": "b"}', CONTENT_LENGTH="60"))
    assert refusal.value.code == "body_incomplete"


def test_a_chunked_body_is_read_though_it_tells_no_length() -> None:
    assert read_body(request_with(b"abc", **CHUNKED)) == b"abc"


def test_a_chunked_body_is_bounded_like_any_other(limits: Limit) -> None:
    limits(chat_max_body_bytes=1024)
    assert len(read_body(request_with(b"x" * 1024, **CHUNKED))) == 1024
    with pytest.raises(BodyTooLarge):
        read_body(request_with(b"x" * 1025, **CHUNKED))


def test_without_an_end_or_a_length_a_body_would_be_waited_for_for_ever() -> None:
    with pytest.raises(BadInput) as refusal:
        read_body(request_with(b"abc", HTTP_TRANSFER_ENCODING="chunked"))
    assert refusal.value.code == "length_required"


@pytest.mark.parametrize(
    ("sent", "headers", "left"),
    [
        (200_000, {}, 0),
        (200_000, {"HTTP_EXPECT": "100-continue"}, 200_000),
        (DRAIN_BYTES + 10, {}, 10),
    ],
)
def test_a_body_over_the_limit_is_taken_off_the_wire_within_reason(
    sent: int, headers: dict[str, str], left: int
) -> None:
    request = request_with(b"x" * sent, CONTENT_LENGTH=str(sent), **headers)
    with pytest.raises(BodyTooLarge):
        read_body(request)
    assert len(request.environ["wsgi.input"].read()) == left


@pytest.mark.parametrize("length", ["-1", "+1", " 1", "1_0", "٣", "abc", "9" * 21, "1.0"])
def test_a_length_that_is_no_number_of_bytes_is_refused(length: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_body(request_with(b"x", CONTENT_LENGTH=length))
    assert refusal.value.code == "bad_content_length"
