"""The thread that keeps a process's flags fresh and confirms them."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from django.db import Error, connections

from chat.exceptions import NotServing
from migration.conf import MOVING_POLL_SECONDS, POLL_SECONDS

log = structlog.get_logger(__name__)


class Watcher(threading.Thread):
    """Calls `poll` at least once a second, each 50 ms while something moves, and at once when woken."""

    def __init__(self, *, poll: Callable[[], None], moving: Callable[[], bool]) -> None:
        super().__init__(name="flags-watcher", daemon=True)
        self._poll = poll
        self._moving = moving
        self._wake = threading.Event()
        self._stopped = threading.Event()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopped.set()
        self._wake.set()
        self.join(timeout=5)

    def run(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(MOVING_POLL_SECONDS if self._moving() else POLL_SECONDS)
            self._wake.clear()
            try:
                self._poll()
            except Exception as error:
                # Whatever it was: the process serves on with the flags it holds (protocol F7), and the next round tries
                # again. Without this thread it would never confirm anything any more.
                expected = isinstance(error, (Error, NotServing))
                log.warning("flags_poll_failed", error=str(error), exc_info=None if expected else error)
                connections["default"].close()
        connections["default"].close()
