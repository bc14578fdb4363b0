"""A value that takes a while to make: one thread makes it, all callers wait for that one, each within its deadline."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock
from typing import Any, Final, Generic, TypeVar
from weakref import WeakSet

Value = TypeVar("Value")


class SingleFlight(Generic[Value]):
    """Made at the first `get`, anew after a failure (not sooner than `pause` seconds later) and anew after a fork."""

    def __init__(self, make: Callable[[], Value], *, pause: float) -> None:
        self._make = make
        self._pause = pause
        self._lock = Lock()
        self._flight: Future[Value] | None = None
        self._not_before = 0.0
        _FLIGHTS.add(self)

    def get(self, *, seconds: float) -> Value:
        """Raises what `make` raised, at once while the pause after a failure lasts; `TimeoutError` after `seconds`.

        A caller that gives up leaves the making to go on for the next one.
        """
        with self._lock:
            flight = self._current()
        if not flight.done() and not wait([flight], timeout=seconds).done:
            raise TimeoutError(f"not ready within {seconds:g} s")
        return flight.result()

    def _current(self) -> Future[Value]:
        if self._flight is None or self._may_try_again(self._flight):
            self._flight = self._start()
        return self._flight

    def _start(self) -> Future[Value]:
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="single-flight")
        flight = executor.submit(self._timed)
        executor.shutdown(wait=False)
        return flight

    def _timed(self) -> Value:
        try:
            return self._make()
        finally:
            # Before the future is done, so nobody sees a failure without its pause.
            self._not_before = time.monotonic() + self._pause

    def _may_try_again(self, flight: Future[Value]) -> bool:
        failed = flight.done() and flight.exception() is not None
        return failed and time.monotonic() >= self._not_before

    def _forget(self) -> None:
        # The lock too: another thread of the parent may have held it when the process forked.
        self._lock = Lock()
        self._flight = None


_FLIGHTS: Final[WeakSet[SingleFlight[Any]]] = WeakSet()


def _forget_all() -> None:
    for flight in list(_FLIGHTS):
        flight._forget()


os.register_at_fork(after_in_child=_forget_all)
