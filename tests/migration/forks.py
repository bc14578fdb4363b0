"""Real processes within milliseconds, on the control database of a test. They report by printing."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from chatproject.env import BASE_DIR
from tests.migration.controls import name_of, url_of

PATIENCE = 30.0
"""Seconds until a test gives up on a process."""
numbers = count(1)


def surroundings(control: Path) -> dict[str, str]:
    """The environment of a process that is not forked."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "chatproject.settings",
        "DATABASE_URL": url_of(control),
        "LOG_LEVEL": "ERROR",
        "PYTHONPATH": str(BASE_DIR),
    }


@dataclass
class Fork:
    pid: int
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    def lines(self, wanted: int) -> list[str]:
        """Its first lines, as soon as there are as many."""
        deadline = time.monotonic() + PATIENCE
        while self.said.count("\n") < wanted:
            assert time.monotonic() < deadline, f"{wanted} lines wanted, there are:\n{self.said}"
            time.sleep(0.01)
        return self.said.splitlines()[:wanted]

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Its exit code; for a process that was killed the signal's number, negative."""
        return int(_ask({"wait": self.pid}))

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self.send(signal.SIGKILL)
        self.wait()


def start(script: str, control: Path, *words: str, **variables: Any) -> Fork:
    """`variables` are fields of the settings' ENV. The script finds `os` and `sys` imported."""
    output = control.parent / f"fork-{next(numbers)}.txt"
    order = {
        "script": script,
        "control": name_of(control),
        "words": words,
        "variables": variables,
        "output": str(output),
    }
    return Fork(pid=int(_ask(order)), output=output)


def _ask(order: dict[str, Any]) -> str:
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(order) + "\n")
    server.stdin.flush()
    return server.stdout.readline()


@cache
def _server() -> subprocess.Popen[str]:
    """One for the whole run of tests. Its own settings name a database that does not exist: it must use none."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.migration.forkserver"],
        cwd=BASE_DIR,
        env=surroundings(Path("/nonexistent/control.sqlite3")),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    atexit.register(server.communicate)
    return server
