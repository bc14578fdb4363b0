"""Answers of the chat API, encoded straight to bytes (no serializer), with their length and who answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import orjson
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from chat import conf
from chat.api.spool import BLOCK_BYTES, Spool
from chat.data import Comment
from chat.routing.router import AnsweredBy
from chat.selectors import Answer

Response = TypeVar("Response", bound=HttpResponseBase)

BATCH = 200
"""Comments encoded at once: enough to make the encoder cheap, little enough for memory."""


def json_answer(value: dict[str, Any], *, status: int = 200) -> HttpResponse:
    body = orjson.dumps(value)
    # Without a length the server falls back to a chunked body.
    headers = {"Content-Length": str(len(body))}
    return HttpResponse(body, content_type="application/json", status=status, headers=headers)


def page_answer(answer: Answer) -> HttpResponse:
    """The sample's `{"response": [...]}` for a list that is short by nature: no spool on the hottest path."""
    return signed(json_answer({"response": [shape(comment) for comment in answer.comments]}), answer.by)


def spooled_answer(answer: Answer) -> HttpResponseBase:
    """The same shape for a list of any length.

    Reads all pages before it returns, so whatever the store raises, it raises here (`chat.exceptions`).
    """
    spool = Spool(document(answer.comments))
    whole = spool.length <= BLOCK_BYTES
    response = HttpResponse(b"".join(spool)) if whole else StreamingHttpResponse(spool)
    response.headers["Content-Type"] = "application/json"
    response.headers["Content-Length"] = str(spool.length)
    return signed(response, answer.by)


def document(comments: Iterable[Comment]) -> Iterator[bytes]:
    remaining = iter(comments)
    opening = b'{"response":['
    while batch := list(islice(remaining, BATCH)):
        yield opening + orjson.dumps([shape(comment) for comment in batch])[1:-1]
        opening = b","
    yield b'{"response":[]}' if opening != b"," else b"]}"


def shape(comment: Comment) -> dict[str, str]:
    return {
        "name": comment.name,
        "time": comment.time,
        "comment": comment.text,
        "chat_room": comment.room,
    }


def signed(response: Response, by: AnsweredBy) -> Response:
    """Name the store and the epoch, where CHAT_DEBUG_HEADERS asks for it."""
    if conf.env().chat_debug_headers:
        response.headers["X-Chat-Store"] = by.store
        response.headers["X-Chat-Epoch"] = str(by.epoch)
    return response
