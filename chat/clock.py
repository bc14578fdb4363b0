"""The clock that names instants: no two processes, and no two calls, ever get the same one (protocol T1)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def wall_us() -> int:
    """Wall time in whole microseconds since the epoch."""
    return time.time_ns() // 1_000


class Clock:
    """Strictly increasing microseconds of one slot: `next() % slots == slot`.

    An instant is never behind wall time. It is ahead where calls come faster than one in `slots`
    microseconds, and where wall time was set back: the clock then goes on from its last instant. Thread safe.
    Only one process may hold a slot at a time, and all processes must use the same number of slots.
    """

    def __init__(self, slot: int, slots: int = 100, now: Callable[[], int] = wall_us) -> None:
        """`now` gives wall time in microseconds. Raises ValueError for a slot outside 0 to slots - 1."""
        if slots < 1:
            raise ValueError(f"a clock needs at least one slot, not {slots}")
        if not 0 <= slot < slots:
            raise ValueError(f"slot {slot} is outside 0 to {slots - 1} (see CLOCK_SLOTS)")
        self.slot = slot
        self.slots = slots
        self._now = now
        self._last = -1
        self._lock = threading.Lock()

    def next(self) -> int:
        """The next instant, in microseconds since the epoch."""
        with self._lock:
            earliest = max(self._now(), self._last + 1)
            self._last = earliest + (self.slot - earliest) % self.slots
            return self._last

    @property
    def last_us(self) -> int:
        """The highest instant issued so far, or the floor; 0 before the first one."""
        return max(0, self._last)

    def raise_floor(self, us: int) -> None:
        """Never issue an instant at or below `us`: an earlier holder of this slot may have issued it."""
        with self._lock:
            self._last = max(self._last, us)
