"""Progress of long work: a bar with rate and time left on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TextIO

_BAR_SECONDS: Final = 0.1
_LINE_SECONDS: Final = 5.0
_BAR_WIDTH: Final = 30


class Progress:
    """Use as a context; `advance` from one thread. Commands give it their standard error."""

    def __init__(self, *, total: int, what: str, stream: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        """`what` names the units, as in `20000 comments`."""
        self._total = total
        self._what = what
        self._stream = stream
        self._now = now
        self._bar = stream.isatty()
        self._done = 0
        self._started = self._shown = now()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The last state is always shown, also when the work failed."""
        self._show()
        if self._bar:
            self._stream.write("\n")
            self._stream.flush()

    def advance(self, count: int) -> None:
        self._done += count
        if self._now() - self._shown >= (_BAR_SECONDS if self._bar else _LINE_SECONDS):
            self._show()

    def _show(self) -> None:
        self._shown = self._now()
        # A carriage return alone rewrites the line; the blanks rub out a longer one.
        self._stream.write(f"\r{self._filled()} {self._line():<60}" if self._bar else self._line() + "\n")
        self._stream.flush()

    def _line(self) -> str:
        seconds = self._shown - self._started
        rate = self._done / seconds if seconds > 0 else 0.0
        line = f"{self._done:,} of {self._total:,} {self._what}, {rate:,.0f}/s"
        left = self._total - self._done
        return f"{line}, {_clock(left / rate)} left" if rate and left > 0 else f"{line}, {_clock(seconds)}"

    def _filled(self) -> str:
        share = min(1.0, self._done / self._total) if self._total else 1.0
        full = int(share * _BAR_WIDTH)
        return f"[{'#' * full}{'.' * (_BAR_WIDTH - full)}] {share:4.0%}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
