"""Real processes on the control database of a test, each set up for Django, spoken with by lines of text."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatproject.env import BASE_DIR

PRELUDE = "import django, os, sys, time\ndjango.setup()\n"


def surroundings(control: Path, **variables: str) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "chatproject.settings",
        "DATABASE_URL": f"sqlite:///{control}",
        "VAR_DIR": str(control.parent),
        "LOG_LEVEL": "ERROR",
        "PYTHONPATH": str(BASE_DIR),
        **variables,
    }


def start(script: str, control: Path, *words: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + script, *words],
        cwd=BASE_DIR,
        env=surroundings(control, **variables),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(script: str, control: Path, *words: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Killed at the end of the block, if it has not ended by itself."""
    process = start(script, control, *words, **variables)
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line it prints. A process that ends instead fails the test with what it had to say."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(f"the process ended: {process.communicate()[1][-3000:]}")
    return line.strip()


def tell(process: subprocess.Popen[str], line: str = "") -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()
