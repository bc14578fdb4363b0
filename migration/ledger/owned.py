"""Files of one process: locked by it while it lives, emptied by another process of the host when it is gone.

The kernel gives the lock back when the process ends, however it ends, so whoever gets it knows that there is no writer.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TRIES = 100
PAUSE_SECONDS = 0.05


def open_own(path: Path, flags: int = 0) -> int:
    """The descriptor of this process's file, made if need be and locked. Raises `BlockingIOError` if another holds it.

    A new file is unlocked for a moment. Another process may take it for one that was left behind, lock it and remove
    it: then what is open here has no name any more, nobody would ever find it, and the file is made anew.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(TRIES):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | flags, 0o600)
        if _locked(descriptor) and _named(descriptor, path):
            return descriptor
        os.close(descriptor)
        time.sleep(PAUSE_SECONDS)
    raise BlockingIOError(f"{path} is locked by another process; two processes must not share a name")


@contextmanager
def left_file(path: Path) -> Iterator[int | None]:
    """The locked descriptor of a file whose process is gone; None if it is not, or if there is no such file.

    Remove the file inside the block: after it the next one who looks gets the lock.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        # Without its name it was emptied by another one between our open and our lock.
        yield descriptor if _locked(descriptor) and _named(descriptor, path) else None
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """A new file's name is durable only when its folder is, and so is the folder's own."""
    for one in (folder, folder.parent):
        descriptor = os.open(one, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _named(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
