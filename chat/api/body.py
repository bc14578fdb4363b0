"""Reads a request body whole, within the limit, whatever its content type or transfer coding."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from chat import conf
from chat.api.faults import BodyTooLarge
from chat.exceptions import BadInput

DRAIN_BYTES = 16 << 20
BLOCK_BYTES = 1 << 16


def read_body(request: HttpRequest) -> bytes:
    """Raises `BodyTooLarge` over CHAT_MAX_BODY_BYTES, `BadInput` for one cut short or of no sane length."""
    limit = conf.env().chat_max_body_bytes
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return chunked_body(request, limit)
    length = declared_length(request)
    if length > limit:
        drain(request.read, request)
        raise too_large(limit)
    body = request.read(length)
    if len(body) < length:
        # A cut connection can leave a shorter text that still parses: never accept it.
        raise BadInput("body_incomplete", "the body ended before it was complete")
    return body


def declared_length(request: HttpRequest) -> int:
    given = request.META.get("CONTENT_LENGTH") or "0"
    # int() also takes signs, blanks and underscores; a length is ASCII digits, nothing else. Twenty of them
    # are more than any body, and keep int() away from its own limit on digits.
    if not (given.isascii() and given.isdigit() and len(given) <= 20):
        raise BadInput("bad_content_length", "Content-Length must be a whole number of bytes")
    return int(given)


def chunked_body(request: HttpRequest, limit: int) -> bytes:
    """Django gives an empty body where there is no Content-Length, so this asks the server's stream."""
    if not request.META.get("wsgi.input_terminated"):
        raise BadInput("length_required", "send a Content-Length with the body")
    read: Callable[[int], bytes] = request.META["wsgi.input"].read
    body = read(limit + 1)
    if len(body) > limit:
        drain(read, request)
        raise too_large(limit)
    return body


def drain(read: Callable[[int], bytes], request: HttpRequest) -> None:
    """Take a refused body off the wire, within reason: a client still sending never looks at the answer.

    One that asked with `Expect: 100-continue` has not begun to send, and shall not.
    """
    if "HTTP_EXPECT" in request.META:
        return
    left = DRAIN_BYTES
    while left > 0 and (block := read(min(left, BLOCK_BYTES))):
        left -= len(block)


def too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge("body_too_large", f"the body may have at most {limit} bytes")
