"""Input of the chat API: bytes and path text in, checked values out, else `BadInput` with a stable code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from chat import conf
from chat.exceptions import BadInput

MAX_POSITION_BYTES = 1024
"""DynamoDB refuses a longer range key in a condition."""


@dataclass(frozen=True, slots=True)
class NewComment:
    """`name`: 1 to CHAT_MAX_NAME_CHARS characters. `text`: 0 to CHAT_MAX_COMMENT_BYTES bytes of UTF-8."""

    name: str
    text: str


def new_comment(body: bytes) -> NewComment:
    """The sample's post: an object with `name` and `comment`; like the sample it ignores other members."""
    members = json_object(body)
    name, text = text_of(members, "name"), text_of(members, "comment")
    return NewComment(name=checked_name(name), text=checked_text(text))


def json_object(body: bytes) -> dict[str, Any]:
    try:
        # The sample's parser skips a byte order mark too.
        value = json.loads(body.decode("utf-8-sig"), object_pairs_hook=unique, parse_constant=refuse_constant)
    except UnicodeDecodeError:
        raise BadInput("bad_encoding", "the body is not UTF-8") from None
    except RecursionError:
        raise BadInput("bad_json", "the body is nested too deeply") from None
    except ValueError:
        # Besides broken JSON this is a number with thousands of digits, which Python refuses to convert.
        raise BadInput("bad_json", "the body is not valid JSON") from None
    if not isinstance(value, dict):
        raise BadInput("not_an_object", "the body must be a JSON object with name and comment")
    return value


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two members of one name: readers disagree which one counts, so it is nobody's comment."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadInput("duplicate_member", "the body names a member twice")
    return members


def refuse_constant(name: str) -> NoReturn:
    raise BadInput("bad_json", f"{name} is not JSON")


def text_of(members: dict[str, Any], field: str) -> str:
    if field not in members:
        raise BadInput(f"missing_{field}", f"{field} is missing")
    value = members[field]
    if not isinstance(value, str):
        raise BadInput(f"bad_{field}", f"{field} must be text")
    return storable(value, field)


def storable(value: str, field: str) -> str:
    """What a store can keep: JSON also lets in lone surrogates, which have no UTF-8, and NUL."""
    if "\0" in value:
        raise BadInput(f"bad_{field}", f"{field} must not hold a NUL character")
    if not encodable(value):
        raise BadInput(f"bad_{field}", f"{field} holds half of a surrogate pair")
    return value


def encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def checked_name(name: str) -> str:
    limit = conf.env().chat_max_name_chars
    if not 1 <= len(name) <= limit:
        raise BadInput("bad_name", f"name must have 1 to {limit} characters")
    return name


def checked_text(text: str) -> str:
    limit = conf.env().chat_max_comment_bytes
    if len(text.encode()) > limit:
        raise BadInput("comment_too_long", f"comment may have at most {limit} bytes of UTF-8")
    return text


def position(text: str) -> str:
    """Any text is a position (design section 4), up to what DynamoDB takes as a key."""
    storable(text, "position")
    if len(text.encode()) > MAX_POSITION_BYTES:
        raise BadInput("bad_position", f"position may have at most {MAX_POSITION_BYTES} bytes of UTF-8")
    return text
