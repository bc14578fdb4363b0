"""Every write of the chat service."""

from __future__ import annotations

from chat.routing.process import router
from chat.routing.router import Posted


def post_comment(*, room: str, name: str, text: str) -> Posted:
    """Accept one comment; its time is issued here. The input is already checked (chat.api.parsing).

    Raises `WritesHeld`, `NotServing`, `KeyContested`, and what the authority raises (`chat.exceptions`).
    """
    return router().post(room=room, name=name, text=text)
