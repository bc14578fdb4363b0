"""What people write: short lines in several scripts, now and then nothing, a paste, or something odd."""

from __future__ import annotations

from random import Random
from typing import Final

LONGEST_BYTES: Final = 16 * 1024
"""The longest comment the API takes, in bytes of UTF-8."""

_SENTENCES: Final = (
    "the release is out can someone look at this test thanks sure ok later today lunch never mind works",
    "сборка снова упала кто посмотрит спасибо уже лучше завтра",
    "今日 の ビルド は 成功 しました ありがとう また 明日",
    "déjà vu à bientôt ça marche très bien merci naïve",
    "שלום תודה רבה מחר בבוקר",
)
_SCRIPTS: Final = tuple(sentence.split() for sentence in _SENTENCES)
_SCRIPT_WEIGHTS: Final = (70, 10, 8, 8, 4)
_EMOJI: Final = ("🎉", "👍", "😀", "🚀", "👩‍💻", "🇳🇱", "❤️")
_ODD: Final = (
    '<b>not bold</b> & "quoted"',
    "'; DROP TABLE chat; --",
    "two\nlines\tand a tab",
    "nul\x00inside",
    "e\u0301 is not \u00e9",
    "\u202eright to left override",
    " ",
)


def text(rng: Random) -> str:
    """One comment's text. Of a thousand about twenty are empty, ten odd, and two long."""
    kind = rng.random()
    if kind < 0.02:
        return ""
    if kind < 0.03:
        return rng.choice(_ODD)
    if kind < 0.032:
        return _paste(rng)
    return _line(rng)


def _line(rng: Random) -> str:
    words = rng.choices(_SCRIPTS, _SCRIPT_WEIGHTS)[0]
    line = " ".join(rng.choices(words, k=rng.randint(1, 14)))
    return f"{line} {rng.choice(_EMOJI)}" if rng.random() < 0.15 else line


def _paste(rng: Random) -> str:
    """Up to the longest the API takes, cut where a character ends."""
    line = _line(rng) + "\n"
    size = rng.choice((LONGEST_BYTES, rng.randint(1024, LONGEST_BYTES)))
    whole = (line * (size // len(line.encode()) + 1)).encode()[:size].decode(errors="ignore")
    return whole.ljust(len(whole) + size - len(whole.encode()), ".")
