"""The repository as these tests see it: what belongs to it, and the text of it."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def repository_files() -> tuple[str, ...]:
    """Every file that is tracked, or new and not ignored, by its path from the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def text_files() -> tuple[str, ...]:
    """Those that hold text: a NUL byte near the beginning marks the others, as it does for git."""
    return tuple(name for name in repository_files() if b"\0" not in (ROOT / name).read_bytes()[:8000])
