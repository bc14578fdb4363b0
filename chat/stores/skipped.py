"""What reads leave out because the codec cannot map it: counted always, logged once for each key."""

from __future__ import annotations

from threading import Lock
from typing import Final

import structlog

from chat.codec.faults import MappingFault

log = structlog.get_logger(__name__)

MAX_REPORTED: Final = 1000
"""Keys remembered, so that each is logged once per process. Beyond, they are still counted, but no longer logged."""


class Skipped:
    """An unmappable item stays in its store, where the census counts it and a backfill quarantines it whole."""

    def __init__(self, store: str) -> None:
        self.count = 0
        self._store = store
        self._reported: set[tuple[str, ...]] = set()
        self._lock = Lock()

    def note(self, key: tuple[str, ...], fault: MappingFault) -> None:
        with self._lock:
            self.count += 1
            if key in self._reported or len(self._reported) >= MAX_REPORTED:
                return
            self._reported.add(key)
        log.warning("not_mapped", store=self._store, key=key, code=fault.code, reason=str(fault))
