"""How fast the writers may post together, and how many times at most."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path


class PaceUnreadable(ValueError):
    """The pace file holds something that is not a rate."""


class Pace:
    """Hands out turns, evenly spaced over all writers. After a stall it does not catch up with a burst."""

    def __init__(self, *, rate: float, most: int) -> None:
        self._lock = threading.Lock()
        self._rate = rate
        self._left = most
        self._next = time.monotonic()

    def set_rate(self, rate: float) -> None:
        """Posts a second from the next turn on; 0 pauses."""
        with self._lock:
            self._rate = rate

    def take_turn(self, stopped: threading.Event) -> bool:
        """Wait for the next turn. False when no more posts are to be made."""
        wait = self._reserve()
        while wait is None:
            if stopped.wait(0.05):
                return False
            wait = self._reserve()
        return wait >= 0 and not stopped.wait(wait)

    def _reserve(self) -> float | None:
        """Seconds until the turn just taken; None while paused, negative when all posts were made."""
        with self._lock:
            if self._left <= 0:
                return -1.0
            if self._rate <= 0:
                return None
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + 1 / self._rate
            self._left -= 1
            return turn - now


def read_rate(path: Path) -> float | None:
    """The last complete line of the pace file as posts a second; None while there is no file or no line yet.

    Raises `PaceUnreadable`. A line counts once its newline is there: the writer may be in the middle of it.
    """
    try:
        lines = path.read_text().split("\n")[:-1]
    except FileNotFoundError:
        return None
    if not lines:
        return None
    try:
        rate = json.loads(lines[-1])
    except ValueError as error:
        raise PaceUnreadable(f"{path}: {lines[-1]!r} is not a number of posts a second") from error
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 10_000:
        raise PaceUnreadable(f"{path}: {rate!r} is not a number of posts a second from 0 to 10000")
    return float(rate)
