"""What the generator counted so far. A post is counted only after its outcome is in the log."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counts:
    """Requests of all kinds; `failed` holds posts and reads without a complete, valid 200."""

    requests: int = 0
    acknowledged: int = 0
    failed: int = 0


class Tally:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counts()

    def count_post(self, *, ok: bool) -> None:
        with self._lock:
            self._counts.requests += 1
            self._counts.acknowledged += ok
            self._counts.failed += not ok

    def count_read(self, *, ok: bool) -> None:
        with self._lock:
            self._counts.requests += 1
            self._counts.failed += not ok

    def as_dict(self) -> dict[str, int]:
        with self._lock:
            return asdict(self._counts)
