"""The API's time texts as a client handles them: decimal seconds, compared as text."""

from __future__ import annotations

import time

from .listing import ISSUED

MICROSECONDS = 1_000_000

# Our clock and the server's are the same machine's; this much covers posts made while a list was on the way.
AHEAD_SECONDS = 5


def text_of(microseconds: int) -> str:
    """Microseconds since 1970 as the API spells them: trailing zeros dropped, at least ``.0``."""
    seconds, fraction = divmod(microseconds, MICROSECONDS)
    return f"{seconds}." + (f"{fraction:06d}".rstrip("0") or "0")


def microseconds_of(text: str) -> int:
    """The other way; `text` must be one the API issued (`listing.ISSUED`)."""
    seconds, fraction = text.split(".")
    return int(seconds) * MICROSECONDS + int(fraction.ljust(6, "0"))


def now_text() -> str:
    return text_of(time.time_ns() // 1000)


def is_issued(text: str) -> bool:
    """True for a time the API can have issued until now.

    Other texts live in real tables (``test_time``, a year in the future); a poller that took one of them for
    its position would be shown nothing ever after, whatever the stores do.
    """
    return ISSUED.fullmatch(text) is not None and microseconds_of(text) <= (
        time.time_ns() // 1000 + AHEAD_SECONDS * MICROSECONDS
    )
