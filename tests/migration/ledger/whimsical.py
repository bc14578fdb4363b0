"""A process and its stores in memory, whose faults and death a test can choose."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from chat.data import Comment, StoreId
from chat.exceptions import OutcomeUnknown, StoreUnavailable
from chat.routing.ports import WriteRoute
from chat.routing.router import OpenStore, Router
from chat.stores.base import PutResult
from chat.stores.memory import MemoryStore
from migration.ledger.entries import keep
from migration.ledger.files import ProcessFiles
from migration.ledger.inflight import InFlight
from migration.ledger.lines import Entry
from migration.ledger.quick import QuickLedger
from migration.ledger.recorder import ProcessRecorder
from migration.ledger.spool import Spool
from tests.chat.routing.doubles import Turned

Outcome = Literal["done", "refused", "lost", "late"]
OUTCOMES: tuple[Outcome, ...] = ("done", "refused", "lost", "late")


class Killed(BaseException):
    """The process is gone at this very line: nothing of it runs any more."""


class Whimsical(MemoryStore):
    """Its next writes end as scripted, then all is well. `late` writes land when `land` is called."""

    def __init__(self, store_id: StoreId) -> None:
        super().__init__()
        self.id = store_id
        self.script: list[Outcome] = []
        self.on_its_way: list[Comment] = []

    def put(self, comment: Comment) -> PutResult:
        outcome = self._next(comment)
        result = super().put(comment)
        if outcome == "lost":
            raise OutcomeUnknown(self.id, "answer lost")
        return result

    def upsert(self, comment: Comment) -> None:
        outcome = self._next(comment)
        super().upsert(comment)
        if outcome == "lost":
            raise OutcomeUnknown(self.id, "answer lost")

    def _next(self, comment: Comment) -> Outcome:
        outcome = self.script.pop(0) if self.script else "done"
        if outcome == "refused":
            raise StoreUnavailable(self.id, "refused")
        if outcome == "late":
            self.on_its_way.append(comment)
            raise OutcomeUnknown(self.id, "timed out")
        return outcome

    def land(self) -> None:
        """Conditional, as a first put is; so is a late mirror write, which finds itself or nothing."""
        while self.on_its_way:
            super().put(self.on_its_way.pop(0))


class Process:
    """One web process, whose death leaves its files and nothing else."""

    def __init__(self, base: Path, route: WriteRoute, open_store: OpenStore, instants: Iterator[int]) -> None:
        self.base = base
        self.files = ProcessFiles(Spool(base.with_suffix(".spool")), InFlight(base.with_suffix(".inflight")))
        self.recorder = ProcessRecorder(self.files)
        # Its ledger writes at once or not at all: threads would make a run differ from its repetition.
        self.ledger = Direct()
        self.recorder._ledger = self.ledger
        policy = Turned(write=route, instants=instants)
        self.router = Router(policy=policy, recorder=self.recorder, open_store=open_store)

    def die(self) -> None:
        self.router.circuits.close()
        self.files.forget()


class Direct(QuickLedger):
    """The control database answers, or is away, as the test says."""

    away = False

    def keep(self, entry: Entry) -> bool:
        if not self.away:
            keep([entry])
        return not self.away
