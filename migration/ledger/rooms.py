"""Rooms this process writes to, for the recency sweep to look at (protocol D4)."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db.models import F
from django.db.models.functions import Greatest

from migration.models import ActiveRoom

MOST_ROOMS = 10_000
"""Remembered as saved by a process; above this it begins anew."""


class RoomsWritten:
    """Noted in memory with each write, saved once a second, and at once when this process is new to the room.

    A process that dies in between leaves its writes in its in-flight file, and so does a machine that loses power for
    what was answered before it was mirrored (`harden`). What such a machine had answered to nobody may stay unknown
    where its room was not saved: parity finds it.
    """

    def __init__(self, on_new: Callable[[], None] = lambda: None) -> None:
        """`on_new` is called when a room should be saved without delay."""
        self._on_new = on_new
        self._lock = threading.Lock()
        self._noted: dict[str, int] = {}
        self._saved: set[str] = set()

    def note(self, room: str, time_us: int) -> None:
        with self._lock:
            new = room not in self._noted and room not in self._saved
            self._noted[room] = max(time_us, self._noted.get(room, 0))
        if new:
            self._on_new()

    def flush(self) -> None:
        with self._lock:
            noted, self._noted = self._noted, {}
        try:
            for room, time_us in noted.items():
                _save(room, time_us)
        except BaseException:
            with self._lock:
                self._noted = noted | self._noted
            raise
        with self._lock:
            if len(self._saved) > MOST_ROOMS:
                self._saved.clear()
            self._saved.update(noted)


def _save(room: str, time_us: int) -> None:
    later = Greatest(F("last_us"), time_us)
    if not ActiveRoom.objects.filter(room=room).update(last_us=later):
        ActiveRoom.objects.bulk_create([ActiveRoom(room=room, last_us=time_us)], ignore_conflicts=True)
