"""Who posts and what: few names, awkward texts, each text naming its post unless it is the empty one."""

from __future__ import annotations

NAMES = (
    "Ana",
    "Bjørn Å.",
    "Zo\u00eb",  # one code point for the last letter
    "Zoe\u0308",  # the same letter in two code points: another name, and no store may fold them together
    "千代",
    "عمر",
    'Quote "Q" O\'Neil',
    "two  spaces",
    "👩‍👩‍👧 family",
)

SHAPES = (
    "plain words {id}",
    "emoji 🦊🔥👨‍👩‍👧‍👦 {id} 🏳️‍🌈",
    "quotes \"double\" 'single' `back` {id} \\ backslash \\n not a newline",
    "line one\nline two\r\n\ttabbed {id}",
    "<script>alert('{id}')</script> &amp; <!-- -->",
    "  leading and trailing blanks {id}  ",
    "combining e\u0301 and ready \u00e9, {id}",
    "right to left \u202eشكرا\u202c {id}",
    "separators \u2028 \u2029 \u0085 \ufeff {id}",
    "'; DROP TABLE chat_by_room; -- {id}",
    '{{"looks": ["like", "JSON", null], "id": "{id}"}}',
    "0 {id}",
    "astral 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \U0010ffff {id}",
    "long " + "långt " * 300 + "{id}",
)

EMPTY_EVERY = 53


def name_for(number: int) -> str:
    """The name the `number`-th post of a writer goes out under."""
    return NAMES[number % len(NAMES)]


def comment_for(number: int, *, id: str) -> str:
    """The text of the `number`-th post of a writer; empty now and then, for the sample accepts that too."""
    if number % EMPTY_EVERY == EMPTY_EVERY - 1:
        return ""
    return SHAPES[number % len(SHAPES)].format(id=id)
