"""manage.py in a process of its own, on a machine where no engine answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.meta.files import ROOT

PATIENCE = 110
"""Seconds for one command on a machine that is busy with other tests."""


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class ColdMachine:
    """`port` refuses every connection; `database` is a control database that can be made, `nowhere` one that cannot."""

    port: int
    var: Path

    @property
    def database(self) -> str:
        return f"sqlite:///{self.var / 'control.sqlite3'}"

    @property
    def nowhere(self) -> str:
        return f"sqlite:///{self.var / 'missing' / 'control.sqlite3'}"

    def manage(self, words: Sequence[str], *, database: str) -> Outcome:
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        done = subprocess.run(
            command,
            cwd=self.var,
            env=self._environ(database),
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def _environ(self, database: str) -> dict[str, str]:
        addresses = {
            "DATABASE_URL": database,
            "REDIS_URL": f"redis://127.0.0.1:{self.port}/0",
            "DYNAMODB_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "SCYLLA_CONTACT_POINTS": "127.0.0.1",
            "SCYLLA_PORT": str(self.port),
            "DB_BACKEND": "routed",
        }
        keys = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
        return {**os.environ, "VAR_DIR": str(self.var), **addresses, **keys}


@contextmanager
def cold_machine(var: Path) -> Iterator[ColdMachine]:
    """The port stays ours as long as the block runs, so that nobody else begins to answer on it."""
    with socket.socket() as taken:
        # Bound, but not listening: the kernel refuses whoever connects.
        taken.bind(("127.0.0.1", 0))
        yield ColdMachine(port=taken.getsockname()[1], var=var)
