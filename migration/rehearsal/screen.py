"""What a person sees of a rehearsal: one line a step, with the time since the start and what it took."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import Any, TextIO

WIDTH = 44


@dataclass(slots=True)
class Screen:
    """On a terminal a step is shown when it begins and its line is finished when it ends."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    began: float = field(default_factory=time.monotonic)

    def heading(self, text: str) -> None:
        print(f"\n{text}", file=self.out, flush=True)

    def note(self, text: str) -> None:
        print(f"       {text}", file=self.out, flush=True)

    def begin(self, name: str) -> None:
        if self.out.isatty():
            print(f"{self._clock()}  {name.ljust(WIDTH)} ...", end="\r", file=self.out, flush=True)

    def end(self, step: dict[str, Any]) -> None:
        mark = "ok  " if step["ok"] else "FAIL"
        line = f"{self._clock()}  {step['name'].ljust(WIDTH)} {mark} {step['seconds']:6.1f} s  {step['detail'] or ''}"
        print(line.rstrip(), file=self.out, flush=True)

    def _clock(self) -> str:
        seconds = int(time.monotonic() - self.began)
        return f"{seconds // 60:02d}:{seconds % 60:02d}"
