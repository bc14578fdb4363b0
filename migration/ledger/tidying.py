"""The thread that keeps a process's books in order."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from django.db import Error, connections

log = structlog.get_logger(__name__)

TIDY_SECONDS = 1.0


class Tidier(threading.Thread):
    """Calls `tidy` each second, and at once when woken, until stopped. What fails is tried again the next time."""

    def __init__(self, tidy: Callable[[], None]) -> None:
        super().__init__(name="ledger-tidier", daemon=True)
        self._tidy = tidy
        self._wake = threading.Event()
        self._stopped = False

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()
        self.join(timeout=5)

    def run(self) -> None:
        while not self._stopped:
            self._wake.wait(TIDY_SECONDS)
            self._wake.clear()
            if not self._stopped:
                self._round()
        # What came while the last round was under way.
        self._round()
        connections["default"].close()

    def _round(self) -> None:
        try:
            self._tidy()
        except Error as error:
            log.warning("ledger_away", doing="tidy the books", error=str(error))
            connections["default"].close()
        except Exception:
            # A full disk, a fault of ours: the thread must live on, or the process never confirms again.
            log.exception("books_untidy")
