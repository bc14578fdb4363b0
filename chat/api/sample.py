"""The sample's own paths, spelled and shaped as its clients know them (design section 12)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase

from chat import selectors, services
from chat.api import health, parsing
from chat.api.answers import json_answer, page_answer, signed, spooled_answer
from chat.api.body import read_body
from chat.api.faults import NotReady
from chat.api.methods import methods

ROOM = "chat"
"""The sample has one room."""
LATEST = 20
POSTED = "Commment add OK"
"""Three m's: the sample's spelling, which clients compare."""


@methods("GET")
def status(request: HttpRequest) -> HttpResponseBase:
    """The sample proves its store by writing a comment; this asks the stores and writes nothing."""
    if not health.current().serving:
        # Anyone may ask here, so the causes stay with /readyz.
        raise NotReady("the chat cannot be served right now")
    return json_answer({"status": "server status is good!"})


@methods("POST")
def add(request: HttpRequest) -> HttpResponseBase:
    """Reads JSON whatever the content type, as the sample does."""
    comment = parsing.new_comment(read_body(request))
    posted = services.post_comment(room=ROOM, name=comment.name, text=comment.text)
    return signed(json_answer({"state": POSTED, "time": posted.comment.time}), posted.by)


@methods("GET")
def latest(request: HttpRequest) -> HttpResponseBase:
    return page_answer(selectors.latest_comments(room=ROOM, limit=LATEST))


@methods("GET")
def everything(request: HttpRequest) -> HttpResponseBase:
    return spooled_answer(selectors.all_comments(room=ROOM))


@methods("GET")
def since(request: HttpRequest, position: str) -> HttpResponseBase:
    return spooled_answer(selectors.comments_since(room=ROOM, position=parsing.position(position)))
