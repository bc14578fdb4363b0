"""How many examples the property tests try: as written in `make test`, a multiple of it in `make soak`."""

from __future__ import annotations

import os

from hypothesis import settings

PROFILE = "soak"
"""Chosen with --hypothesis-profile."""
USUAL = 100
"""Hypothesis's own number, which the profiles multiply."""


def register_profile() -> None:
    times = int(os.environ.get("SOAK_EXAMPLES", "10"))
    settings.register_profile(PROFILE, max_examples=times * USUAL, derandomize=False, deadline=None, print_blob=True)


def examples(number: int) -> int:
    """For `max_examples`, which would else override the profile's."""
    return number * settings().max_examples // USUAL


def repeatable() -> bool:
    """For `derandomize`: `make test` tries the same examples each time, `make soak` new ones."""
    return settings().max_examples == USUAL
