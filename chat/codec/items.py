"""Comments as DynamoDB items, in the low-level typed form: `{"name": {"S": ...}, ...}`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from chat.codec.faults import FaultCode, MappingFault
from chat.codec.timetext import is_canonical, parse
from chat.data import Comment

MAX_AHEAD_US: Final = 3_600_000_000
"""How far ahead of now a time may lie, in microseconds: one hour (protocol T3)."""

_KNOWN: Final = frozenset({"name", "time", "chat_room", "comment"})
_MISSING: Final = {
    "name": FaultCode.MISSING_NAME,
    "time": FaultCode.MISSING_TIME,
    "chat_room": FaultCode.MISSING_CHAT_ROOM,
    "comment": FaultCode.MISSING_COMMENT,
}
_NOT_TEXT: Final = {
    "name": FaultCode.NAME_NOT_TEXT,
    "time": FaultCode.TIME_NOT_TEXT,
    "chat_room": FaultCode.CHAT_ROOM_NOT_TEXT,
    "comment": FaultCode.COMMENT_NOT_TEXT,
}


def to_item(comment: Comment) -> dict[str, Any]:
    """The item of a comment, its time spelled as its source spelled it."""
    return {
        "name": {"S": comment.name},
        "time": {"S": comment.time},
        "comment": {"S": comment.text},
        "chat_room": {"S": comment.room},
    }


def from_item(item: Mapping[str, Any], *, now_us: int, ignored: frozenset[str] = frozenset()) -> Comment:
    """The comment of an item. Raises MappingFault with the first reason, in the order of FaultCode.

    `now_us` is the wall time in microseconds. `ignored` names attributes beyond the four that an operator
    accepted to leave behind, such as a TTL attribute (protocol C3).
    """
    name, time, room = _key(item, "name"), _key(item, "time"), _key(item, "chat_room")
    text = _text(item, "comment")
    time_us = parse(time)
    if time_us > now_us + MAX_AHEAD_US:
        raise MappingFault(FaultCode.TIME_IN_FUTURE, "time", f"'{time}' is more than an hour ahead of now")
    for attribute, value in (("name", name), ("chat_room", room), ("comment", text)):
        _check_storable(attribute, value)
    if len(item) > len(_KNOWN):
        _check_known(item, ignored)
    return Comment(room, name, time_us, text, None if is_canonical(time) else time)


def is_storable(text: str) -> bool:
    """Whether CQL can hold the text. It is UTF-8 there, which has no lone surrogates; JSON has."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class CollisionFilter:
    """Finds comments that would share a CQL key with one before them, in one pass and constant memory.

    Feed it every mapped comment of a table scan, in scan order (not of the index, where the names of an
    instant come between the spellings of one of them). DynamoDB keeps a hash key's items together, in byte
    order of the range key, and there the spellings of one instant are neighbours but for unmappable texts.
    From a spelling `u` with a dot to the next one, `u0`, every text between is `u` followed by a character
    below `0`; from `S` without a dot to `S.0`, it is `S` followed by a character below `.`, or `S.`, or
    `S.` followed by a character below `0`. No digit is below `0`, so none of these is mappable: the filter
    is never fed one, and only another instant or another name makes it forget.

    The room is part of the CQL key, so one instant in two rooms is no collision. An instant has at most seven
    spellings (no dot, one to six decimals), and DynamoDB one item for each: at most seven keys are
    remembered.
    """

    def __init__(self, remembered: Iterable[Sequence[str]] = ()) -> None:
        """`remembered` is what `remembered()` gave where an interrupted scan is taken up again."""
        self._seen = [_spelling(room, name, time) for room, name, time in remembered]

    def admit(self, comment: Comment) -> None:
        """Pass a comment, or raise MappingFault if an earlier spelling took its key. A repeat passes."""
        seen = self._seen
        if not seen or seen[0].time_us != comment.time_us or seen[0].name != comment.name:
            self._seen = [comment]
            return
        earlier = next((other for other in seen if other.room == comment.room), None)
        if earlier is None:
            seen.append(comment)
        elif earlier.time_raw != comment.time_raw:
            message = f"'{comment.time}' is the instant of '{earlier.time}', same name, same room"
            raise MappingFault(FaultCode.KEY_COLLISION, "time", message)

    def remembered(self) -> tuple[tuple[str, str, str], ...]:
        """(room, name, time text) of the rows of the last instant: save them with the scan's cursor.

        Without them a scan resumed between two spellings of one instant would let the second pass.
        """
        return tuple((comment.room, comment.name, comment.time) for comment in self._seen)


def _text(item: Mapping[str, Any], attribute: str) -> str:
    value = item.get(attribute)
    if value is None:
        raise MappingFault(_MISSING[attribute], attribute, f"the item has no attribute '{attribute}'")
    text = value.get("S")
    if not isinstance(text, str):
        raise MappingFault(_NOT_TEXT[attribute], attribute, f"is of type {', '.join(value)}, not text (S)")
    return text


def _key(item: Mapping[str, Any], attribute: str) -> str:
    """As `_text`, and not empty: neither engine has an empty key."""
    text = _text(item, attribute)
    if not text:
        raise MappingFault(_MISSING[attribute], attribute, f"the attribute '{attribute}' is empty")
    return text


def _check_storable(attribute: str, text: str) -> None:
    if not text.isascii() and not is_storable(text):
        raise MappingFault(FaultCode.TEXT_UNSTORABLE, attribute, "holds a lone surrogate: not UTF-8")


def _check_known(item: Mapping[str, Any], ignored: frozenset[str]) -> None:
    unknown = sorted(item.keys() - _KNOWN - ignored)
    if unknown:
        names = ", ".join(map(ascii, unknown[:5])) + (", ..." if len(unknown) > 5 else "")
        raise MappingFault(FaultCode.UNKNOWN_ATTRIBUTE, unknown[0], f"no column for {names}")


def _spelling(room: str, name: str, time: str) -> Comment:
    """A key without its text: all that the filter looks at."""
    return Comment(room, name, parse(time), "", None if is_canonical(time) else time)
