"""Items as real tables hold them: each reason for quarantine it can hold, and oddities that map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import Any, Final

from chat.codec.faults import FaultCode
from chat.codec.timetext import US_PER_SECOND, canonical
from chat.seeding.comments import SPAN_US, Seed
from chat.seeding.population import ROOM, user_names

EACH: Final = 3
"""Items of each kind."""

Item = Mapping[str, Any]


class Oddity(StrEnum):
    """Odd, but mappable: such an item must arrive, with its own spelling of the time."""

    NO_DOT = "no_dot"
    NO_DOT_SHORT = "no_dot_short"
    TRAILING_ZEROS = "trailing_zeros"
    NINE_DIGITS = "nine_digits"
    EMPTY_COMMENT = "empty_comment"
    # An item whose key a later spelling collides with.
    COLLIDED_WITH = "collided_with"


@dataclass(frozen=True, slots=True)
class Awkward:
    """One item in DynamoDB's own form, and what must become of it when the table is read in key order."""

    code: FaultCode | Oddity
    item: Item


_TIMES: Final[Mapping[FaultCode | Oddity, Sequence[str]]] = {
    FaultCode.TIME_NOT_A_NUMBER: ("test_time", "NaN", "1700000000."),
    FaultCode.TIME_SIGNED: ("-1.5", "+1700000000.5", "-0"),
    FaultCode.TIME_EXPONENT: ("1.7e9", "17E8", "1.7e+09"),
    FaultCode.TIME_BLANKS: (" 1700000000.5", "1700000000.5 ", "1700000000 .5"),
    FaultCode.TIME_LEADING_ZERO: ("01700000000.5", "01.5", "00"),
    FaultCode.TIME_FRACTION_TOO_LONG: ("1700000000.1234567", "1700000000.123456789", "1700000000.0000000"),
    FaultCode.TIME_TOO_MANY_DIGITS: ("1700000000123", "1700000000123456", "17000000001.5"),
    FaultCode.TIME_IN_FUTURE: ("9999999999.0", "9999999998.5", "9876543210.123456"),
    FaultCode.KEY_COLLISION: ("1600000000.50", "1600000001.00", "1600000002.125000"),
    Oddity.COLLIDED_WITH: ("1600000000.5", "1600000001.0", "1600000002.125"),
    Oddity.NO_DOT: ("1700000000", "1700000001", "1699999999"),
    Oddity.NO_DOT_SHORT: ("1000000", "0", "7"),
    Oddity.TRAILING_ZEROS: ("1700000002.50", "1700000003.100", "1700000004.000000"),
    Oddity.NINE_DIGITS: ("999999999.5", "123456789.0", "86400.25"),
}
# What replaces attributes of an ordinary item; None takes the attribute away.
_ATTRIBUTES: Final[Mapping[FaultCode | Oddity, Sequence[Mapping[str, Item | None]]]] = {
    FaultCode.MISSING_CHAT_ROOM: ({"chat_room": None},) * EACH,
    FaultCode.MISSING_COMMENT: ({"comment": None},) * EACH,
    FaultCode.COMMENT_NOT_TEXT: (
        {"comment": {"N": "42"}},
        {"comment": {"L": [{"S": "a"}, {"N": "1"}]}},
        {"comment": {"B": b"\x00\xff"}},
    ),
    FaultCode.TEXT_UNSTORABLE: (
        {"comment": {"S": "half an emoji \ud83d"}},
        {"comment": {"S": "\udc00 behind"}},
        {"name": {"S": "half \ud800"}},
    ),
    FaultCode.UNKNOWN_ATTRIBUTE: (
        {"ttl": {"N": "1900000000"}},
        {"likes": {"N": "3"}},
        {"edited": {"BOOL": True}},
    ),
    Oddity.EMPTY_COMMENT: ({"comment": {"S": ""}},) * EACH,
}


def awkward_items(seed: Seed) -> Iterator[Awkward]:
    """EACH items of each kind, all of different keys, the same for the same seed.

    All are in the room that clients read, and none in the time that the ordinary comments fill.
    """
    names = user_names(seed.users)
    for code, times in _TIMES.items():
        for number, time in enumerate(times):
            yield Awkward(code, _item(names[number % len(names)], time, code))
    before = seed.until_us - SPAN_US
    seconds = count(1)
    for code, changes in _ATTRIBUTES.items():
        for number, change in enumerate(changes):
            time = canonical(before - next(seconds) * US_PER_SECOND)
            item = _item(names[number % len(names)], time, code) | dict(change)
            yield Awkward(code, {name: value for name, value in item.items() if value is not None})


def _item(name: str, time: str, code: FaultCode | Oddity) -> dict[str, Any]:
    return {
        "name": {"S": name},
        "time": {"S": time},
        "comment": {"S": f"made to be awkward: {code}"},
        "chat_room": {"S": ROOM},
    }
