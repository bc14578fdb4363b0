"""How far wall time may be believed: a machine's other clock tells when it was set forward (protocol T7)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from chat.clock import wall_us

BELIEVED_US = 300_000_000
"""Half of the sweep's overlap: what corrections within it skip is looked at all the same."""


def since_boot_us() -> int:
    """Goes on while the machine sleeps, so that waking up is no jump; nobody can set it."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000


@dataclass(slots=True)
class SteadyTime:
    """Wall time as it was when this was made, and real time since.

    Made when the process starts, and kept by its forked children. Where the clock was wrong then and was set right
    later, it stays behind: whoever uses it must bear to look back further than needed, until the process starts anew.
    """

    offset_us: int = field(default_factory=lambda: wall_us() - since_boot_us())

    def bounded(self, now_us: int) -> int:
        """`now_us`, but not further ahead of the steady time than `BELIEVED_US`."""
        steady = since_boot_us() + self.offset_us
        return now_us if now_us - steady <= BELIEVED_US else steady


STEADY = SteadyTime()
