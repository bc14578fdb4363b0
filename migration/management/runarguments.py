"""Numbers on the command line of `backfill` and `parity`, checked before anything is done."""

from __future__ import annotations

from argparse import ArgumentTypeError

MOST = 2_000_000_000
"""Fits every column; no table is read that fast."""


def run_number(text: str) -> int:
    return _whole(text, 1, MOST)


def segments(text: str) -> int:
    return _whole(text, 1, 10_000)


def per_second(text: str) -> int | None:
    """None: no limit."""
    return None if text == "none" else _whole(text, 1, MOST, also=", or none")


def _whole(text: str, least: int, most: int, *, also: str = "") -> int:
    # Python refuses to read a number of thousands of digits at all.
    if not text.isascii() or not text.isdigit() or len(text) > 10 or not least <= int(text) <= most:
        raise ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}{also}")
    return int(text)
