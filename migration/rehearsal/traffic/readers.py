"""A reader: asks one question again and again, checks each answer, and logs what it showed anew."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from .client import Answer, Client
from .listing import ListingInvalid, Shown, read_listing
from .log import FsyncedLog
from .questions import Poll, Question
from .tally import Tally


@dataclass(slots=True)
class Seen:
    """A reader's own account: good answers by store and epoch, and the longest time without one, in ms."""

    answered: int = 0
    failed: int = 0
    max_gap_ms: float = 0.0
    stores: Counter[str] = field(default_factory=Counter)
    epochs: Counter[str] = field(default_factory=Counter)
    last_good: float = field(default_factory=time.monotonic)

    def add(self, answer: Answer, *, ok: bool) -> None:
        if not ok:
            self.failed += 1
            return
        now = time.monotonic()
        self.answered += 1
        self.max_gap_ms = max(self.max_gap_ms, round((now - self.last_good) * 1000, 3))
        self.last_good = now
        self.stores[answer.store or "unnamed"] += 1
        self.epochs[answer.epoch or "unnamed"] += 1


@dataclass(frozen=True, slots=True)
class Reader:
    """One reading thread; asks every `every` seconds."""

    id: str
    question: Question
    every: float
    client: Client
    log: FsyncedLog
    tally: Tally
    seen: Seen = field(default_factory=Seen)

    def run(self, stopped: threading.Event) -> None:
        """Ask until told to stop, then log the reader's account."""
        self.log.note({"kind": "reader-start", **self._identity(), "at": time.time()})
        self._ask()
        while not stopped.wait(self.every):
            self._ask()
        self.client.close()
        self.log.commit({"kind": "reader-end", **self._identity(), **self._account(), "at": time.time()})

    def _ask(self) -> None:
        path, began = self.question.path(), time.time()
        answer = self.client.get(path)
        count, new, fault = self._read(answer)
        self.seen.add(answer, ok=fault is None)
        # Committed, not noted: what a poller showed is evidence, also if this process dies before its end.
        self.log.commit(
            {
                "kind": "read",
                **self._identity(),
                "path": path,
                "began": began,
                "at": time.time(),
                "status": answer.status,
                "ms": answer.ms,
                "count": count,
                "store": answer.store,
                "epoch": answer.epoch,
                "error": fault,
                "shown": [shown.key for shown in new],
            }
        )
        self.tally.count_read(ok=fault is None)

    def _read(self, answer: Answer) -> tuple[int | None, list[Shown], str | None]:
        """How many comments came, which of them are new, and why the answer is no good (None: it is)."""
        if answer.fault is not None:
            return None, [], answer.fault
        try:
            listing = read_listing(answer.body)
            return len(listing), self.question.take(listing), None
        except ListingInvalid as error:
            return None, [], str(error)

    def _identity(self) -> dict[str, object]:
        first = self.question.first_position if isinstance(self.question, Poll) else None
        return {"id": self.id, "reader": self.question.kind, "first_position": first}

    def _account(self) -> dict[str, object]:
        return {
            "answered": self.seen.answered,
            "failed": self.seen.failed,
            "max_gap_ms": self.seen.max_gap_ms,
            "stores": dict(self.seen.stores),
            "epochs": dict(self.seen.epochs),
        }
