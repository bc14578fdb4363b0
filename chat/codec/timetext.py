"""Time as text and as microseconds, and where a position starts in either (design section 4).

The source spells time as `str(datetime.now().timestamp())`: seconds, a dot, up to six digits, trailing zeros
dropped, at least `.0`. That is the canonical text. Every conversion is on decimal text: no float takes part.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from chat.codec.faults import FaultCode, MappingFault

US_PER_SECOND: Final = 1_000_000
MIN_TEN_DIGIT_US: Final = 1_000_000_000 * US_PER_SECOND
MAX_TIME_US: Final = 10_000_000_000 * US_PER_SECOND - 1

_MAPPABLE: Final = re.compile(r"(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,6})?")
_CANONICAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,9})\.(?:0|[0-9]{0,5}[1-9])")
_NUMBER: Final = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?([eE][+-]?[0-9]+)?")
# Microseconds that the last digit of a text counts for, by the number of its decimals.
_UNIT: Final = (US_PER_SECOND, 100_000, 10_000, 1_000, 100, 10, 1)


def canonical(time_us: int) -> str:
    """The canonical text of an instant in microseconds since the epoch, 0 to MAX_TIME_US."""
    seconds, fraction = divmod(time_us, US_PER_SECOND)
    return f"{seconds}.{fraction:06d}".rstrip("0") if fraction else f"{seconds}.0"


def parse(text: str) -> int:
    """Microseconds since the epoch. Raises MappingFault with the reason if the text is not mappable."""
    if _MAPPABLE.fullmatch(text) is None:
        raise _fault(text)
    seconds, _, fraction = text.partition(".")
    return int(seconds + fraction) * _UNIT[len(fraction)]


def is_canonical(text: str) -> bool:
    """Whether `text` is exactly what `canonical` gives for some instant."""
    return _CANONICAL.fullmatch(text) is not None


def is_order_divergent(text: str) -> bool:
    """Whether a mappable text may sort otherwise than its instant (protocol C4): not ten digits and a dot.

    Two spellings of one instant in one room diverge as well, but that takes both of them to see.
    """
    return len(text) < 11 or text[10] != "."


def lower_bound(position: str) -> int:
    """The smallest time_us of ten-digit seconds whose canonical text is greater, as text, than `position`.

    MAX_TIME_US + 1 when there is none. For ten-digit seconds text order is time order, so bisection finds it.
    """
    instants = range(MIN_TEN_DIGIT_US, MAX_TIME_US + 1)
    return MIN_TEN_DIGIT_US + bisect_right(instants, position, key=canonical)


def scan_from(position: str) -> int:
    """Where a CQL read for a position starts; the caller keeps the rows whose own text is greater.

    One microsecond below the bound misses no row of ten-digit seconds (protocol C4). Take a row at t whose
    own text x is greater than the position p. If canonical(t) is greater than p too, the bound is at most t.
    If not, canonical(t) <= p < x, so x is canonical(t) with zeros appended, up to six decimals. Where the
    six-decimal texts of t and t+1 first differ, that of t+1 has the higher digit: not a zero, so canonical
    text keeps it. Up to there x agrees with canonical(t+1), or ends before. Hence p < x < canonical(t+1),
    and the bound is at most t+1.
    """
    return lower_bound(position) - 1


def _fault(text: str) -> MappingFault:
    """Why a text is not mappable, for an operator. The rules are tried in the order of FaultCode."""
    code, reason = _diagnose(text)
    return MappingFault(code, "time", f"{_shown(text)} {reason}")


def _diagnose(text: str) -> tuple[FaultCode, str]:
    bare = "".join(text.split())
    match = _NUMBER.fullmatch(bare)
    if match is None:
        return FaultCode.TIME_NOT_A_NUMBER, "is not written as digits, or digits, a dot and digits"
    sign, seconds, fraction, exponent = match.groups()
    rules = (
        (sign, FaultCode.TIME_SIGNED, "has a sign"),
        (exponent, FaultCode.TIME_EXPONENT, "has an exponent"),
        (bare != text, FaultCode.TIME_BLANKS, "has white space in or around it"),
        (len(seconds) > 1 and seconds[0] == "0", FaultCode.TIME_LEADING_ZERO, "has a leading zero"),
        (len(fraction or "") > 6, FaultCode.TIME_FRACTION_TOO_LONG, "has more than six decimals"),
    )
    too_long = FaultCode.TIME_TOO_MANY_DIGITS, "has more than ten digits of seconds (is it milliseconds?)"
    return next(((code, reason) for broken, code, reason in rules if broken), too_long)


def _shown(text: str) -> str:
    """A time text as a message shows it: escaped, and cut, because a key may be 1,024 bytes long."""
    return ascii(text) if len(text) <= 40 else f"{text[:40]!a}... ({len(text)} characters)"
