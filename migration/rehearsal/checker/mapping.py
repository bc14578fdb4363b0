"""Which DynamoDB items have a place in CQL, and under which instant.

Written anew from the design (section 4) and on purpose not shared with the service: two readings of one rule
that agree are evidence, one reading used twice is not. The reason codes are those of the quarantine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Item = Mapping[str, Mapping[str, object]]
"""An item as the low-level API gives it: ``{"name": {"S": "Ana"}, ...}``."""

MILLION = 1_000_000
HOUR = 3600 * MILLION
ATTRIBUTES = ("name", "time", "chat_room", "comment")

_TIME = re.compile(r"(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?")
_NUMBER = re.compile(r"(?P<sign>[-+]?)(?P<whole>[0-9]+)(\.(?P<part>[0-9]+))?(?P<exponent>[eE][-+]?[0-9]+)?")


def microseconds(text: str) -> int | None:
    """The instant a time text means, in microseconds since 1970; None if it cannot be mapped."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    return int(match[1]) * MILLION + int((match[2] or ".").removeprefix(".").ljust(6, "0"))


def canonical(time_us: int) -> str:
    """The text the sample's API writes for an instant: trailing zeros dropped, at least one decimal."""
    whole, part = divmod(time_us, MILLION)
    digits = f"{part:06d}".rstrip("0")
    return f"{whole}.{digits or '0'}"


def fault(item: Item, *, now_us: int) -> str | None:
    """Why an item by itself belongs in quarantine, None if mappable. Collisions take the whole table."""
    return (
        _shape_fault(item)
        or time_fault(str(item["time"]["S"]), now_us=now_us)
        or ("text_unstorable" if any(_is_unstorable(item[name]["S"]) for name in ATTRIBUTES) else None)
        or ("unknown_attribute" if set(item) - set(ATTRIBUTES) else None)
    )


def time_fault(text: str, *, now_us: int) -> str | None:
    """Why a time text cannot be mapped; more than an hour ahead of `now_us` is one reason (protocol T3)."""
    time_us = microseconds(text)
    if time_us is None:
        return _misspelling(text)
    return "time_in_future" if time_us > now_us + HOUR else None


def _shape_fault(item: Item) -> str | None:
    for name in ATTRIBUTES:
        # An empty partition key cannot be held by CQL; an empty comment can.
        if name not in item or (name == "chat_room" and item[name] == {"S": ""}):
            return f"missing_{name}"
        if "S" not in item[name]:
            return f"{name}_not_text"
    return None


def _misspelling(text: str) -> str:
    squeezed = "".join(text.split())
    match = _NUMBER.fullmatch(squeezed)
    if match is None:
        return "time_not_a_number"
    if match["sign"]:
        return "time_signed"
    if match["exponent"]:
        return "time_exponent"
    if squeezed != text:
        return "time_blanks"
    if len(match["whole"]) > 1 and match["whole"].startswith("0"):
        return "time_leading_zero"
    return "time_fraction_too_long" if len(match["part"] or "") > 6 else "time_too_many_digits"


def _is_unstorable(text: object) -> bool:
    """A lone surrogate: JSON can spell it, UTF-8 and so CQL cannot."""
    return any("\ud800" <= letter <= "\udfff" for letter in str(text))
