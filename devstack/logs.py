"""What the engines wrote."""

from __future__ import annotations

from collections import deque
from pathlib import Path


def read_tail(path: Path, lines: int) -> str:
    """The last lines of a log, however long it is; empty if there is none."""
    if not path.exists():
        return ""
    with path.open(errors="replace") as log:
        return "".join(deque(log, maxlen=lines)).rstrip("\n")
