"""Admits the requests of one process under the epoch it holds, and knows when the older ones have ended."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from chat.exceptions import NotServing, WritesHeld
from migration.flags.snapshot import Snapshot


class Admissions:
    """Thread safe. `on_idle` is called when the last request of an older epoch ends, to confirm without delay."""

    def __init__(self, snapshot: Snapshot, *, on_idle: Callable[[], None]) -> None:
        self._changed = threading.Condition()
        self._snapshot = snapshot
        self._closed = False
        self._writes: Counter[int] = Counter()
        self._reads: Counter[int] = Counter()
        self._on_idle = on_idle

    @property
    def snapshot(self) -> Snapshot:
        return self._snapshot

    def switch(self, snapshot: Snapshot) -> None:
        """From here on requests are admitted under this one. An older epoch never comes back."""
        with self._changed:
            if snapshot.epoch >= self._snapshot.epoch:
                self._snapshot = snapshot
                self._changed.notify_all()

    def enter_write(self, *, wait: float) -> Snapshot:
        """Waits `wait` seconds at most while writes are held, then raises `WritesHeld`; `NotServing` once closed.

        Only a newer epoch ends a hold; the bound only ends this request's wait (protocol F6).
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._closed or not self._snapshot.held, timeout=wait):
                raise WritesHeld(retry_after=1)
            return self._admit(self._writes)

    def enter_read(self) -> Snapshot:
        """Raises `NotServing` once closed. A hold is nothing to a read."""
        with self._changed:
            return self._admit(self._reads)

    def _admit(self, count: Counter[int]) -> Snapshot:
        if self._closed:
            raise NotServing("this process is ending; try again")
        count[self._snapshot.epoch] += 1
        return self._snapshot

    def keep_write(self, epoch: int) -> None:
        """Once more for a write that is admitted: it is to be left twice."""
        with self._changed:
            self._writes[epoch] += 1

    def leave_write(self, epoch: int) -> None:
        self._leave(self._writes, epoch)

    def leave_read(self, epoch: int) -> None:
        self._leave(self._reads, epoch)

    def _leave(self, count: Counter[int], epoch: int) -> None:
        with self._changed:
            count[epoch] -= 1
            if count[epoch]:
                return
            del count[epoch]
            self._changed.notify_all()
            older = epoch < self._snapshot.epoch
        if older:
            self._on_idle()

    def confirmable(self) -> int | None:
        """The epoch this process may acknowledge: its own, once the older work ended (protocol F4); else None.

        A hold changes nothing for reads, so only older writes are waited for there (protocol F6).
        """
        with self._changed:
            now = self._snapshot.epoch
            counts = [self._writes] if self._snapshot.held else [self._writes, self._reads]
            busy = any(epoch < now for count in counts for epoch in count)
            return None if busy else now

    def close(self, *, wait: float) -> bool:
        """Admits nothing from here on. True once all that was admitted has ended, False after `wait` seconds."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._writes and not self._reads, timeout=wait)
