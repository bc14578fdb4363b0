"""When a run is over: time up, count used up, stop file, signal, or a thread that broke."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import FrameType

Work = Callable[[threading.Event], None]


class Crew:
    """Threads that share one stop event; `size` is how many may be started."""

    def __init__(self, *, size: int) -> None:
        self.stopped = threading.Event()
        self._threads = ThreadPoolExecutor(max_workers=size)
        self._started: list[Future[None]] = []

    def start(self, work: Work) -> None:
        self._started.append(self._threads.submit(work, self.stopped))

    def failures(self) -> list[BaseException]:
        """What ended threads raised: a run cannot end well without one of them."""
        errors = [future.exception() for future in self._started if future.done()]
        return [error for error in errors if error is not None]

    def is_over(self) -> bool:
        return all(future.done() for future in self._started)

    def stop(self) -> None:
        """Returns when every thread has ended; a request under way is waited for."""
        self.stopped.set()
        self._threads.shutdown(wait=True)


class Interrupt:
    """SIGTERM and SIGINT as a plain flag: a handler may run inside a lock's code, so it touches no lock."""

    def __init__(self) -> None:
        self.received: int | None = None

    def install(self) -> None:
        signal.signal(signal.SIGTERM, self._receive)
        signal.signal(signal.SIGINT, self._receive)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        self.received = number


def reason_to_end(
    *, writers: Crew, readers: Crew, interrupt: Interrupt, deadline: float, stop_file: Path | None
) -> str | None:
    """Why the run is to end now, None if it goes on. `deadline` is on the monotonic clock."""
    if writers.failures() or readers.failures():
        return "a thread failed"
    if interrupt.received is not None:
        return signal.Signals(interrupt.received).name
    if stop_file is not None and stop_file.exists():
        return "stop file"
    if time.monotonic() >= deadline:
        return "time is up"
    return "all posts made" if writers.is_over() else None
