"""Mirror writes that follow the client's answer (protocol W9), in a few threads, and never too many at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from chat.metrics import MIRRORED_IN_PLACE

log = structlog.get_logger(__name__)

THREADS = 4
MOST_WAITING = 64
"""Handed over and not ended yet. Each keeps its in-flight slot, of which a process has 256, and its admission."""


class Afterwards:
    """One per process; threads start with the first write handed over."""

    def __init__(self, *, most: int = MOST_WAITING) -> None:
        self._free = threading.BoundedSemaphore(most)
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._closed = False

    def take(self, finish: Callable[[], object]) -> bool:
        """True when a thread will call `finish`. False leaves it to the caller: too many wait, or the process ends."""
        if not self._free.acquire(blocking=False):
            MIRRORED_IN_PLACE.inc()
            return False
        work = Work(finish)
        if self._handed_over(work) or not work.claim():
            return True
        self._free.release()
        return False

    def _handed_over(self, work: Work) -> bool:
        with self._lock:
            if self._closed:
                return False
            if self._pool is None:
                self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="mirror")
            try:
                self._pool.submit(self._run, work)
            except RuntimeError as error:
                # No thread can be started. It may lie in the queue all the same: whoever claims it first does it.
                log.warning("mirror_not_handed_over", error=str(error))
                return False
            return True

    def _run(self, work: Work) -> None:
        if not work.claim():
            return
        try:
            work.finish()
        except Exception:
            # Its mark in the in-flight file was handed to the books: nothing is forgotten, only later (protocol W5).
            log.exception("mirror_unkept")
        finally:
            self._free.release()

    def close(self) -> None:
        """Takes no more, and returns when all that was taken has ended: what comes later is mirrored in place."""
        with self._lock:
            self._closed = True
            pool = self._pool
        if pool is not None:
            pool.shutdown(wait=True)


class Work:
    """Done once, by whoever claims it first."""

    def __init__(self, finish: Callable[[], object]) -> None:
        self.finish = finish
        self._unclaimed = threading.Semaphore(1)

    def claim(self) -> bool:
        return self._unclaimed.acquire(blocking=False)
