"""Clock slots without a control plane: one lock file per slot, held as long as the process lives (protocol T1).

Only processes of one host see these locks. Several hosts need the control plane, which leases slots in its database.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from chat.exceptions import NotServing


class SlotFile:
    """A slot leased by `flock`: the kernel gives it back when the process ends, however it ends."""

    def __init__(self, slot: int, descriptor: int) -> None:
        self.slot = slot
        self._descriptor = descriptor

    def release(self) -> None:
        os.close(self._descriptor)


def lease(directory: Path, slots: int) -> SlotFile:
    """The free slot leased longest ago, so that wall time set back a little meets no instant of its last holder.

    Raises `NotServing` when all are taken: more processes than CLOCK_SLOTS.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for slot in sorted(range(slots), key=lambda slot: (_leased_at(_path(directory, slot)), slot)):
        descriptor = os.open(_path(directory, slot), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        os.utime(descriptor)
        return SlotFile(slot, descriptor)
    raise NotServing(f"all {slots} clock slots of {directory} are taken; raise CLOCK_SLOTS")


def _path(directory: Path, slot: int) -> Path:
    return directory / f"{slot}.lock"


def _leased_at(path: Path) -> int:
    """Nanoseconds since the epoch; 0 for a slot that nobody ever leased."""
    return path.stat().st_mtime_ns if path.exists() else 0
