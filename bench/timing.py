"""How long one call takes."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

MS = 1e3
US = 1e6


def timed(call: Callable[[], object], *, unit: float) -> float:
    """In units of which `unit` make a second."""
    begin = perf_counter()
    call()
    return (perf_counter() - begin) * unit


def rate(work: Callable[[], object], *, count: int) -> float:
    """`count` things done by `work`, per second."""
    return count / timed(work, unit=1.0)
