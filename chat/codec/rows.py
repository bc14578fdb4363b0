"""Comments as rows of the CQL tables: values in the order of COLUMNS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from cassandra.query import UNSET_VALUE

from chat.codec.faults import FaultCode, MappingFault
from chat.data import Comment

COLUMNS: Final[tuple[str, ...]] = ("chat_room", "time_us", "name", "comment", "time_raw")

Values = tuple[str, int, str, str, Any]
"""The last one is text, or the driver's UNSET_VALUE."""


def to_values(comment: Comment) -> Values:
    """What to bind to a prepared statement. No `time_raw` means unset: None is a tombstone (protocol T6)."""
    raw = UNSET_VALUE if comment.time_raw is None else comment.time_raw
    return comment.room, comment.time_us, comment.name, comment.text, raw


def from_values(values: Sequence[Any]) -> Comment:
    """The comment of a row, read as COLUMNS. Raises MappingFault for a row without a comment.

    CQL keeps a row whose cell was deleted or never written. Every write of ours sets it, so only a foreign
    writer leaves such a row, and serving it as an empty comment would invent what nobody posted.
    """
    room, time_us, name, text, time_raw = values
    if text is None:
        message = f"the row ({room!a}, {time_us}, {name!a}) has no comment"
        raise MappingFault(FaultCode.MISSING_COMMENT, "comment", message)
    return Comment(room, name, time_us, text, time_raw)
