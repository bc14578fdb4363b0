"""Comments in this process's memory: what the other stores must behave like, and a double for tests of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from threading import Lock

from chat.codec.faults import MappingFault
from chat.codec.timetext import parse
from chat.data import Comment, Page, Position, StoreId
from chat.stores.base import PutResult
from chat.stores.paging import Tie, by_name, by_room, instant_of, page_of

Key = tuple[str, int, str]


class MemoryStore:
    """See chat.stores.base.Store for what each method promises. Keys are those of CQL: room, instant, name."""

    id = StoreId.MEMORY

    def __init__(self) -> None:
        self._comments: dict[Key, Comment] = {}
        self._lock = Lock()

    def put(self, comment: Comment) -> PutResult:
        with self._lock:
            existing = self._comments.get(_key(comment))
            if existing is None:
                self._comments[_key(comment)] = comment
        return PutResult(applied=existing is None, existing=existing)

    def upsert(self, comment: Comment) -> None:
        with self._lock:
            existing = self._comments.get(_key(comment), comment)
            # As CQL decides between two writes of one timestamp, so that any order gives the same (protocol T4).
            self._comments[_key(comment)] = max(existing, comment, key=lambda one: one.text)

    def upsert_many(self, comments: list[Comment]) -> None:
        for comment in comments:
            self.upsert(comment)

    def get(self, room: str, name: str, time: str) -> Comment | None:
        try:
            return self._comments.get((room, parse(time), name))
        except MappingFault:
            return None

    def get_many(self, comments: Sequence[Comment]) -> list[Comment | None]:
        return [self.get(comment.room, comment.name, comment.time) for comment in comments]

    def latest(self, room: str, limit: int) -> tuple[Comment, ...]:
        return tuple(islice(self.stream_room(room), limit))

    def since(self, room: str, position: str, after: Position | None, limit: int) -> Page:
        newer = (comment for comment in self._in_room(room, after) if comment.time > position)
        return page_of(newer, limit)

    def page(self, room: str, after: Position | None, limit: int) -> Page:
        return page_of(self._in_room(room, after), limit)

    def stream_room(self, room: str) -> Iterator[Comment]:
        return self._in_room(room, None)

    def by_user(self, name: str, after: Position | None, limit: int) -> Page:
        return page_of(self._ordered(lambda comment: comment.name == name, after, by_room), limit, tie=by_room)

    def rooms(self) -> Iterator[str]:
        with self._lock:
            return iter({comment.room for comment in self._comments.values()})

    def delete(self, comment: Comment) -> None:
        with self._lock:
            self._comments.pop(_key(comment), None)

    def ping(self) -> None:
        """Always there."""

    def close(self) -> None:
        """Keeps what it holds: within a process, memory is as durable as this store gets."""

    def _in_room(self, room: str, after: Position | None) -> Iterator[Comment]:
        return self._ordered(lambda comment: comment.room == room, after, by_name)

    def _ordered(self, wanted: Callable[[Comment], bool], after: Position | None, tie: Tie) -> Iterator[Comment]:
        start = None if after is None else (-instant_of(after, store=self.id), after.name)
        with self._lock:
            found = [comment for comment in self._comments.values() if wanted(comment)]
        found.sort(key=lambda comment: (-comment.time_us, tie(comment)))
        return (comment for comment in found if start is None or (-comment.time_us, tie(comment)) > start)


def _key(comment: Comment) -> Key:
    return comment.room, comment.time_us, comment.name
