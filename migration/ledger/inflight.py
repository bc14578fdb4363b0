"""Which writes a process is in the middle of: a memory-mapped file that outlives it (protocol W5).

Marked before the authority write, cleared once the comment is in the mirror or in the ledger. It survives the death of
the process, because the pages belong to the kernel. It survives a loss of power from `harden` on, which is for a write
that is answered before it is mirrored (W9); any other one is the recency sweep's business then (D4).
"""

from __future__ import annotations

import mmap
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import orjson

from chat.data import Comment
from migration.enums import DebtState
from migration.ledger.lines import Entry
from migration.ledger.owned import left_file, open_own, sync_folder

SLOTS = 256
"""More than a process has threads; a write that finds none free waits for no one and goes to the ledger first."""
SLOT_BYTES = 128 * 1024
"""Room for the largest comment in JSON. The file is sparse: a slot costs the pages it has touched."""
HEADER = struct.Struct("<II")
"""Length and CRC-32 of what follows. Length 0: the slot is free."""


class NoFreeSlot(Exception):
    """Every slot is taken, or the comment is larger than one."""


class InFlight:
    """One file a process, locked while it lives. Thread safe; a mark takes microseconds and no system call but once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = open_own(path)
        os.ftruncate(self._descriptor, SLOTS * SLOT_BYTES)
        # Its length and its name, once: `harden` then has only the slot's own pages to write.
        os.fsync(self._descriptor)
        sync_folder(path.parent)
        self._map = mmap.mmap(self._descriptor, SLOTS * SLOT_BYTES)
        self._free = list(range(SLOTS))
        self._backed = [0] * SLOTS
        self._lock = threading.Lock()

    def mark(self, comment: Comment, *, holder: str, owed: str) -> int:
        """The slot, for `clear`. Raises `NoFreeSlot`, and OSError when the disk is full."""
        body = orjson.dumps((comment.room, comment.name, comment.time_us, comment.text, holder, owed))
        if HEADER.size + len(body) > SLOT_BYTES:
            raise NoFreeSlot(f"the comment takes {len(body)} bytes")
        with self._lock:
            if not self._free:
                raise NoFreeSlot(f"all {SLOTS} slots are taken")
            slot = self._free.pop()
            self._back(slot, HEADER.size + len(body))
        start = slot * SLOT_BYTES
        # The header last: until it is there the slot reads as free, and nothing has been sent yet.
        self._map[start + HEADER.size : start + HEADER.size + len(body)] = body
        HEADER.pack_into(self._map, start, len(body), crc32(body))
        return slot

    def _back(self, slot: int, size: int) -> None:
        """Gives the slot its disk blocks, once. To touch a page that a full disk has no block for kills the process."""
        if size <= self._backed[slot]:
            return
        try:
            os.posix_fallocate(self._descriptor, slot * SLOT_BYTES, size)
        except OSError:
            self._free.append(slot)
            raise
        self._backed[slot] = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE

    def harden(self, slot: int) -> None:
        """On disk when it returns, which takes as long as an fsync. Raises OSError when the disk does not take it.

        msync(MS_SYNC) writes the pages and what is needed to find them, as the blocks given to the slot are. A mark
        cleared later may be found again after a loss of power: the same write once more changes nothing (protocol W3).
        """
        start = slot * SLOT_BYTES
        length, _ = HEADER.unpack_from(self._map, start)
        self._map.flush(start, HEADER.size + length)

    def clear(self, slot: int) -> None:
        HEADER.pack_into(self._map, slot * SLOT_BYTES, 0, 0)
        with self._lock:
            self._free.append(slot)

    @property
    def taken(self) -> int:
        return SLOTS - len(self._free)

    def close(self) -> None:
        """Removes the file if no write is under way in it."""
        if not self.taken:
            self.path.unlink(missing_ok=True)
        self.forget()

    def forget(self) -> None:
        """In a forked child this alone: the file and its lock are the parent's."""
        self._map.close()
        os.close(self._descriptor)


def collect_marks(path: Path, keep: Callable[[list[Entry]], None]) -> int | None:
    """Keeps what a process that is gone was in the middle of, and removes its file; how many writes.

    None if it is not gone, or there is no file. All of it is unsettled: the authority may have it, may not, or may
    still get it (protocol W3).
    """
    with left_file(path) as descriptor:
        if descriptor is None:
            return None
        entries = _entries(descriptor)
        # Kept first, removed after: a crash in between only finds them again.
        keep(entries)
        path.unlink()
        return len(entries)


def _entries(descriptor: int) -> list[Entry]:
    size = os.fstat(descriptor).st_size
    found = []
    for start in range(0, size - size % SLOT_BYTES, SLOT_BYTES):
        length, checksum = HEADER.unpack(os.pread(descriptor, HEADER.size, start))
        if not 0 < length <= SLOT_BYTES - HEADER.size:
            continue
        body = os.pread(descriptor, length, start + HEADER.size)
        # A mark that is not whole was never followed by a write.
        if crc32(body) == checksum:
            found.append(_entry(body))
    return found


def _entry(body: bytes) -> Entry:
    room, name, time_us, text, holder, owed = orjson.loads(body)
    return Entry(
        comment=Comment(room=room, name=name, time_us=time_us, text=text),
        holder=holder,
        owed=owed,
        state=DebtState.UNSETTLED,
        cause="its process died in the middle of the write",
    )
