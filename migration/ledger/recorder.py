"""The chat service's DebtRecorder of this process: ledger, spool, and in-flight file behind the port."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace

from chat.data import Comment, StoreId
from chat.metrics import DEBTS
from chat.routing.ports import Mark
from migration.enums import DebtState
from migration.ledger.closing import close
from migration.ledger.entries import keep, unsettled_entry
from migration.ledger.files import ProcessFiles, process_files
from migration.ledger.indebted import Indebted
from migration.ledger.inflight import NoFreeSlot
from migration.ledger.lines import Entry
from migration.ledger.quick import QuickLedger
from migration.ledger.rooms import RoomsWritten
from migration.ledger.tidying import Tidier

LONGEST_WRITE_SECONDS = 90.0
"""More than any write lives, all its instants, repetitions and the mirror included. An entry recorded before its write
is not settled sooner: a client would be told that nothing was written of what a drain has just put."""
NOTHING_OWED = "its write ended with nothing owed"


@dataclass(frozen=True, slots=True)
class SlotMark:
    """`slot` is None where no slot was free: then the entry was recorded before the write, and `end` closes it."""

    entry: Entry
    slot: int | None


class ProcessRecorder:
    """One per process. Every call that records returns when the entry is on disk, in the ledger or in the spool."""

    def __init__(self, files: ProcessFiles) -> None:
        self.files = files
        self._tidier = Tidier(self.tidy)
        self.rooms = RoomsWritten(on_new=self._wake)
        self.indebted = Indebted()
        self._ledger = QuickLedger()
        self._abandoned: list[SlotMark] = []
        # Of writes without a slot: not over yet, and over with nothing owed.
        self._recorded_first: set[Comment] = set()
        self._over: list[Entry] = []
        self._lock = threading.Lock()
        self._tidying = threading.Lock()

    def start(self) -> None:
        """Begins to keep the books in order; harmless when it runs already."""
        with self._lock:
            if not self._tidier.is_alive():
                self._tidier = Tidier(self.tidy)
                self._tidier.start()

    def _wake(self) -> None:
        self._tidier.wake()

    def owes(self, store: str, room: str) -> bool:
        return self.indebted.owes(store, room)

    def begin(self, comment: Comment, *, holder: StoreId, owed: StoreId | None) -> Mark:
        cause = "its process died in the middle of the write"
        entry = Entry(comment, holder, owed or "", DebtState.UNSETTLED, cause, LONGEST_WRITE_SECONDS)
        self.rooms.note(comment.room, comment.time_us)
        try:
            return SlotMark(entry, self.files.inflight.mark(comment, holder=holder, owed=owed or ""))
        except NoFreeSlot:
            # Should this process die now, it is settled by the same conditional write: only slower than a slot.
            self._record(entry)
            with self._lock:
                self._recorded_first.add(comment)
            return SlotMark(entry, None)

    def harden(self, mark: Mark) -> None:
        """A mark without a slot is a committed row, or an fsynced line of the spool, already."""
        if isinstance(mark, SlotMark) and mark.slot is not None:
            self.files.inflight.harden(mark.slot)

    def end(self, mark: Mark) -> None:
        if not isinstance(mark, SlotMark):
            return
        if mark.slot is not None:
            self.files.inflight.clear(mark.slot)
        elif self._was_recorded_first(mark.entry.comment):
            # Refused, or in both stores. Closed by the tidier, as the request has no time for it; a drain that is
            # faster only finds what is there.
            with self._lock:
                self._over.append(mark.entry)
            self._tidier.wake()

    def abandon(self, mark: Mark) -> None:
        if not isinstance(mark, SlotMark):
            return
        if mark.slot is None:
            # Its entry is unsettled, which is what is known of it.
            self._was_recorded_first(mark.entry.comment)
            return
        with self._lock:
            self._abandoned.append(mark)
        self._tidier.wake()

    def _was_recorded_first(self, comment: Comment) -> bool:
        """True once for each write without a slot, unless something is owed by now: then its entry stays."""
        if not self._recorded_first:
            return False
        with self._lock:
            found = comment in self._recorded_first
            self._recorded_first.discard(comment)
        return found

    def owed(self, comment: Comment, *, holder: StoreId, owed: StoreId, cause: str) -> None:
        self._record(Entry(comment, holder, owed, DebtState.OPEN, cause))
        self._was_recorded_first(comment)
        # After the entry is kept: this process's own reads go to the holder from here on (protocol F11).
        self.indebted.add(owed, comment.room)

    def unsettled(self, comment: Comment, *, holder: StoreId, owed: StoreId | None, cause: str) -> None:
        self._record(Entry(comment, holder, owed or "", DebtState.UNSETTLED, cause))
        self._was_recorded_first(comment)

    def _record(self, entry: Entry) -> None:
        DEBTS.labels(entry.owed or "none", entry.state).inc()
        if not self._ledger.keep(entry):
            self.files.spool.append(entry)
            self._tidier.wake()

    @property
    def all_kept(self) -> bool:
        """Whether every entry is in the ledger. Until then this process confirms no epoch (protocol F4)."""
        return not self.files.spool.waiting and not self._abandoned

    def tidy(self) -> None:
        """Brings spool, abandoned writes and rooms into the control database. Database errors pass through."""
        with self._tidying:
            # Counted before the spool is emptied: what is noted later may be in the spool again.
            notes = self.indebted.notes
            over = len(self._over)
            self.files.spool.drain(keep)
            self._keep_abandoned()
            self._close_over(over)
            self.rooms.flush()
            self.indebted.refresh(in_ledger=notes)

    def _keep_abandoned(self) -> None:
        with self._lock:
            abandoned = list(self._abandoned)
        keep([replace(mark.entry, due_after_seconds=0.0) for mark in abandoned])
        # Only now: while one is in neither place, this process would confirm an epoch (protocol F4).
        for mark in abandoned:
            self.end(mark)
        with self._lock:
            del self._abandoned[: len(abandoned)]

    def _close_over(self, count: int) -> None:
        """The first `count`, whose entries are in the ledger by now. One that was noted as owed stays."""
        for entry in self._over[:count]:
            close(unsettled_entry(entry), DebtState.PAID, reason=NOTHING_OWED, was=DebtState.UNSETTLED)
        with self._lock:
            del self._over[:count]

    def close(self) -> None:
        """Ends the thread. What is not in the ledger by then stays in the files, for the processes that are left."""
        if self._tidier.is_alive():
            self._tidier.stop()
        self._ledger.close()


_lock = threading.Lock()
_recorder: ProcessRecorder | None = None


def make_recorder() -> ProcessRecorder:
    """Named by settings.CHAT_DEBT_RECORDER: the one of this process, which its policy looks at as well."""
    global _recorder
    files = process_files()
    with _lock:
        if _recorder is None or _recorder.files is not files:
            _recorder = ProcessRecorder(files)
        return _recorder


def _renew_lock() -> None:
    global _lock
    _lock = threading.Lock()


# Another thread of the parent may have held it at the moment of the fork.
os.register_at_fork(after_in_child=_renew_lock)
