"""Rooms of which a store is owed a comment: they are read from the other store meanwhile (protocol F11)."""

from __future__ import annotations

import threading

from migration.enums import DebtState
from migration.models import Debt

OWED = (DebtState.OPEN, DebtState.CONFLICT, DebtState.FAILED)
"""An unsettled write was acknowledged to nobody, so no reader misses it."""
MOST_ROOMS = 10_000
"""Above this every room counts as indebted: the set is held by every process and read at each poll."""


class Indebted:
    """What this process knows: its own debts at once, those of others at the next poll."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rooms: frozenset[tuple[str, str]] = frozenset()
        # Noted here, with the number of the note: the ledger may not have them yet.
        self._new: dict[tuple[str, str], int] = {}
        self._notes = 0
        self._all = False

    def add(self, owed: str, room: str) -> None:
        with self._lock:
            self._notes += 1
            self._new[owed, room] = self._notes
            self._rooms |= {(owed, room)}

    @property
    def notes(self) -> int:
        """How many were made, for `refresh`."""
        return self._notes

    def owes(self, store: str, room: str) -> bool:
        """Whether the store is owed a comment of the room."""
        return (store, room) in self._rooms or self._all

    def refresh(self, *, in_ledger: int) -> None:
        """From the ledger, which has the first `in_ledger` notes by now. A later one stays, wherever it is kept."""
        rows = Debt.objects.filter(state__in=OWED).exclude(owed="").values_list("owed", "room").distinct()
        found = frozenset(rows[: MOST_ROOMS + 1])
        with self._lock:
            self._new = {room: note for room, note in self._new.items() if note > in_ledger}
            self._all = len(found) > MOST_ROOMS
            self._rooms = found | frozenset(self._new)
