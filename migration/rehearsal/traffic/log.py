"""The generator's log: JSON lines, on disk before `commit` returns, one fsync for all waiting threads."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path


class LogFailed(RuntimeError):
    """The log could not be written, so nothing sent from now on could be accounted for."""


class FsyncedLog:
    """Group commit: the first thread that waits writes and syncs the lines of every thread that came with it.

    Lines are ASCII JSON, so no character of a comment can end one early.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self._turn = threading.Condition()
        self._waiting: list[bytes] = []
        self._taken = 0
        self._durable = 0
        self._syncing = False
        self._failure: OSError | None = None

    def commit(self, record: Mapping[str, object]) -> None:
        """Write `record` and return once it is durable. Raises `LogFailed` if the disk refused it."""
        with self._turn:
            mine = self._enqueue(record)
        self._sync_up_to(mine)

    def note(self, record: Mapping[str, object]) -> None:
        """Write `record` with the next commit, or at `close`."""
        with self._turn:
            self._enqueue(record)

    def close(self) -> None:
        with self._turn:
            last = self._taken
        self._sync_up_to(last)
        os.close(self._descriptor)

    def _enqueue(self, record: Mapping[str, object]) -> int:
        self._waiting.append(json.dumps(record).encode() + b"\n")
        self._taken += 1
        return self._taken

    def _sync_up_to(self, ticket: int) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: not self._syncing)
                if self._failure is not None:
                    raise LogFailed(f"cannot write the traffic log: {self._failure}") from self._failure
                if self._durable >= ticket:
                    return
                lines, upto = self._waiting, self._taken
                self._waiting, self._syncing = [], True
            self._sync(lines, upto)

    def _sync(self, lines: list[bytes], upto: int) -> None:
        failure: OSError | None = None
        try:
            self._write(b"".join(lines))
            os.fsync(self._descriptor)
        except OSError as error:
            failure = error
        with self._turn:
            # After a failed fsync the kernel may drop the pages and report success later: it stays failed.
            self._failure, self._syncing = failure, False
            self._durable = self._durable if failure else upto
            self._turn.notify_all()

    def _write(self, content: bytes) -> None:
        while content:
            content = content[os.write(self._descriptor, content) :]
