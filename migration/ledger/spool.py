"""Debts of one process that the control database did not take in time: an fsynced local file (protocol W6).

Another process of the host empties the file of one that is gone (`owned`).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from migration.ledger.lines import Damaged, Entry, decode, encode
from migration.ledger.owned import left_file, open_own, sync_folder

log = structlog.get_logger(__name__)

Keep = Callable[[list[Entry]], None]
"""Makes entries durable in the ledger, in order, or raises and has kept none."""

DRAIN_BATCH = 200


@dataclass(frozen=True, slots=True)
class Emptied:
    """Entries that went to the ledger, and lines that were set aside because they are damaged."""

    kept: int
    damaged: int


class Spool:
    """Appends from many threads; one fsync each, before the answer is sent."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._draining = threading.Lock()
        self._descriptor = open_own(path, os.O_APPEND)
        sync_folder(path.parent)
        self._waiting = 0
        # Everything before it is in the ledger.
        self._kept_to = 0

    @property
    def waiting(self) -> int:
        """Entries not yet in the ledger. While there are any, the process confirms no epoch (protocol F4)."""
        return self._waiting

    @property
    def waiting_bytes(self) -> int:
        """What of the file is not in the ledger yet."""
        with self._lock:
            return os.fstat(self._descriptor).st_size - self._kept_to

    def append(self, entry: Entry) -> None:
        """On disk when this returns. Raises OSError if the disk does not take it: then nothing may be acknowledged."""
        with self._lock:
            self._waiting += 1
            # The first line end closes what an append that failed half way (a full disk) may have left.
            _write_all(self._descriptor, b"\n" + encode(entry) + b"\n")
            os.fsync(self._descriptor)

    def drain(self, keep: Keep) -> Emptied:
        """Moves what is there to the ledger, in order; a failure leaves the file as it is.

        Appends go on meanwhile: a database that hangs would else keep every request waiting (protocol W6).
        """
        with self._draining:
            with self._lock:
                waiting, end = self._waiting, os.fstat(self._descriptor).st_size
            if not waiting:
                return Emptied(0, 0)
            emptied = _keep_all(self.path, os.pread(self._descriptor, end - self._kept_to, self._kept_to), keep)
            with self._lock:
                self._waiting -= waiting
                self._kept_to = self._truncated(end)
            return emptied

    def _truncated(self, end: int) -> int:
        """Kept first, truncated after: a crash in between only makes entries that are in the ledger come again (D1)."""
        if os.fstat(self._descriptor).st_size > end:
            return end
        os.ftruncate(self._descriptor, 0)
        return 0

    def close(self) -> None:
        """Removes the file if nothing waits in it; otherwise it is left for the next process that looks."""
        with self._lock:
            if not self._waiting:
                self.path.unlink(missing_ok=True)
            os.close(self._descriptor)

    def forget(self) -> None:
        """In a forked child: the file and its lock are the parent's."""
        os.close(self._descriptor)


def drain_left_behind(path: Path, keep: Keep) -> Emptied | None:
    """Empties and removes the spool of a process that is gone. None if it is not: its lock is held, or no file."""
    with left_file(path) as descriptor:
        if descriptor is None:
            return None
        emptied = _keep_all(path, os.pread(descriptor, os.fstat(descriptor).st_size, 0), keep)
        path.unlink()
        return emptied


def _keep_all(path: Path, content: bytes, keep: Keep) -> Emptied:
    whole, damaged = _read(path, content)
    for start in range(0, len(whole), DRAIN_BATCH):
        keep(whole[start : start + DRAIN_BATCH])
    if damaged:
        _set_aside(path, damaged)
    return Emptied(kept=len(whole), damaged=len(damaged))


def _read(path: Path, content: bytes) -> tuple[list[Entry], list[bytes]]:
    whole: list[Entry] = []
    damaged: list[bytes] = []
    for line in filter(None, content.split(b"\n")):
        try:
            whole.append(decode(line))
        except Damaged as error:
            log.error("spool_line_damaged", path=str(path), reason=str(error))
            damaged.append(line)
    return whole, damaged


def _set_aside(path: Path, lines: list[bytes]) -> None:
    """Beside the spool, for a person: a line torn by a crash was never acknowledged, any other one may have been."""
    with path.with_suffix(".damaged").open("ab") as aside:
        aside.write(b"".join(line + b"\n" for line in lines))
        aside.flush()
        os.fsync(aside.fileno())


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
