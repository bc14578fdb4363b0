"""A policy that is turned by hand, a recorder that remembers, and stores with faults on order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from chat.conf import Role
from chat.data import Comment, Endpoint, StoreId
from chat.routing.ports import Mark, PolicyHealth, ReadRoute, WriteRoute
from chat.routing.router import Router
from chat.stores.base import PutResult, Store
from chat.stores.memory import MemoryStore

SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM


@dataclass
class Turned:
    """A routing policy that goes wherever the test says; `instants` are issued in turn, 1, 2, 3 and so on."""

    write: WriteRoute = field(default_factory=lambda: WriteRoute(epoch=1, authority=SOURCE, mirror=TARGET))
    read: StoreId = SOURCE
    epoch: int = 1
    inside: int = 0
    instants: Iterator[int] = field(default_factory=lambda: count(1))
    asked: list[tuple[Endpoint, str]] = field(default_factory=list)

    @contextmanager
    def admit_write(self) -> Iterator[WriteRoute]:
        self.inside += 1
        try:
            yield self.write
        finally:
            self.inside -= 1

    def keep(self, route: WriteRoute) -> Callable[[], None]:
        self.inside += 1
        return self._leave

    def _leave(self) -> None:
        self.inside -= 1

    @contextmanager
    def admit_read(self, endpoint: Endpoint, key: str) -> Iterator[ReadRoute]:
        self.asked.append((endpoint, key))
        self.inside += 1
        try:
            yield ReadRoute(epoch=self.epoch, store=self.read)
        finally:
            self.inside -= 1

    def next_instant(self) -> int:
        return next(self.instants)

    def health(self) -> PolicyHealth:
        mirror = frozenset({self.write.mirror} if self.write.mirror else ())
        return PolicyHealth(self.epoch, answering=frozenset({self.write.authority}), following=mirror)

    def close(self) -> None:
        """Holds nothing."""


@dataclass(frozen=True)
class Entry:
    kind: str
    comment: Comment
    holder: StoreId
    owed: StoreId | None
    cause: str


@dataclass
class Remembered:
    """A debt recorder. `fault` is raised instead of keeping anything."""

    entries: list[Entry] = field(default_factory=list)
    fault: Exception | None = None
    on_keep: Callable[[], None] = lambda: None
    under_way: list[Comment] = field(default_factory=list)
    abandoned: list[Comment] = field(default_factory=list)
    hardened: list[Comment] = field(default_factory=list)
    hardening: OSError | None = None

    def begin(self, comment: Comment, *, holder: StoreId, owed: StoreId | None) -> Mark:
        self.under_way.append(comment)
        return comment

    def harden(self, mark: Mark) -> None:
        assert isinstance(mark, Comment)
        if self.hardening:
            raise self.hardening
        self.hardened.append(mark)

    def end(self, mark: Mark) -> None:
        assert isinstance(mark, Comment)
        self.under_way.remove(mark)

    def abandon(self, mark: Mark) -> None:
        self.end(mark)
        assert isinstance(mark, Comment)
        self.abandoned.append(mark)

    def close(self) -> None:
        """Nothing is held."""

    def owed(self, comment: Comment, *, holder: StoreId, owed: StoreId, cause: str) -> None:
        self._keep(Entry("owed", comment, holder, owed, cause))

    def unsettled(self, comment: Comment, *, holder: StoreId, owed: StoreId | None, cause: str) -> None:
        self._keep(Entry("unsettled", comment, holder, owed, cause))

    def _keep(self, entry: Entry) -> None:
        if self.fault:
            raise self.fault
        self.on_keep()
        self.entries.append(entry)


Fault = Exception | None


class Faulty(MemoryStore):
    """Its puts and upserts fail as scripted, one entry per call, then no more.

    A fault in `lost` is raised after the write was done, as when the answer is lost; one in `refused` before.
    """

    def __init__(self, *, refused: list[Fault] | None = None, lost: list[Fault] | None = None) -> None:
        super().__init__()
        self.refused, self.lost = refused or [], lost or []
        self.puts: list[Comment] = []

    def put(self, comment: Comment) -> PutResult:
        self.puts.append(comment)
        self._raise(self.refused)
        result = super().put(comment)
        self._raise(self.lost)
        return result

    def upsert(self, comment: Comment) -> None:
        self._raise(self.refused)
        super().upsert(comment)
        self._raise(self.lost)

    @staticmethod
    def _raise(script: list[Fault]) -> None:
        fault = script.pop(0) if script else None
        if fault:
            raise fault


@dataclass
class Setting:
    """A router between two stores in memory."""

    source: MemoryStore = field(default_factory=MemoryStore)
    target: MemoryStore = field(default_factory=MemoryStore)
    policy: Turned = field(default_factory=Turned)
    recorder: Remembered = field(default_factory=Remembered)
    roles: list[tuple[StoreId, Role]] = field(default_factory=list)

    @property
    def router(self) -> Router:
        return Router(policy=self.policy, recorder=self.recorder, open_store=self._open)

    def _open(self, store_id: StoreId, role: Role) -> Store:
        self.roles.append((store_id, role))
        return self.source if store_id is SOURCE else self.target

    def both(self, comments: list[Comment]) -> None:
        for store in (self.source, self.target):
            store.upsert_many(comments)


def held_by(store: MemoryStore, room: str = "chat") -> list[Comment]:
    return list(store.stream_room(room))
