"""Carries out requests along the routes a policy gives: authority, then mirror; reads from one store, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

import structlog

from chat.conf import Role
from chat.data import Comment, Endpoint, Page, Position, StoreId
from chat.exceptions import OutcomeUnknown, StoreError
from chat.routing.authority import Unsettled, decide
from chat.routing.ports import DebtRecorder, RoutingPolicy, WriteRoute
from chat.stores.base import Store

log = structlog.get_logger(__name__)

Found = TypeVar("Found")
OpenStore = Callable[[StoreId, Role], Store]


class FetchPage(Protocol):
    """Reads one page of some query from the store it is given."""

    def __call__(self, store: Store, *, after: Position | None) -> Page: ...


@dataclass(frozen=True, slots=True)
class AnsweredBy:
    """Which store decided or answered a request, under which epoch."""

    store: StoreId
    epoch: int


@dataclass(frozen=True, slots=True)
class Posted:
    comment: Comment
    by: AnsweredBy


@dataclass(frozen=True, slots=True)
class Router:
    """One per process. Source and target are roles of a route; no line here knows which store is which."""

    policy: RoutingPolicy
    recorder: DebtRecorder
    open_store: OpenStore

    def post(self, *, room: str, name: str, text: str) -> Posted:
        """Accept a comment. When this returns, it is in the authority, and in the mirror or the ledger (W1, W6)."""
        with self.policy.admit_write() as route:
            authority = self.open_store(route.authority, Role.SERVE)

            def draft() -> Comment:
                # Issued after admission and straight before the put, so that a wait in between cannot age it (T2).
                return Comment(room=room, name=name, time_us=self.policy.next_instant(), text=text)

            try:
                comment = decide(authority, draft)
            except Unsettled as error:
                with _kept(route.authority):
                    self.recorder.unsettled(error.comment, holder=route.authority, owed=route.mirror, cause=str(error))
                raise
            self._mirror(route, comment)
            return Posted(comment=comment, by=AnsweredBy(store=route.authority, epoch=route.epoch))

    def _mirror(self, route: WriteRoute, comment: Comment) -> None:
        if route.mirror is None:
            return
        try:
            self.open_store(route.mirror, Role.MIRROR).upsert(comment)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the comment is accepted and the mirror is owed it
            log.warning("mirror_failed", store=route.mirror, kind=type(error).__name__, error=str(error))
            with _kept(route.authority):
                self.recorder.owed(comment, holder=route.authority, owed=route.mirror, cause=cause_of(error))

    def read(self, endpoint: Endpoint, key: str, fetch: Callable[[Store], Found]) -> tuple[Found, AnsweredBy]:
        """One answer from the store the route names, under one epoch."""
        with self.policy.admit_read(endpoint, key) as route:
            found = fetch(self.open_store(route.store, Role.SERVE))
            return found, AnsweredBy(store=route.store, epoch=route.epoch)

    def pages(self, endpoint: Endpoint, key: str, fetch: FetchPage) -> Iterator[tuple[Page, AnsweredBy]]:
        """All pages of a read. Each is admitted anew, so a long answer never holds up a flip (F4, P2)."""
        after: Position | None = None
        while True:
            page, by = self.read(endpoint, key, partial(fetch, after=after))
            yield page, by
            if page.next is None:
                return
            after = page.next


@contextmanager
def _kept(authority: StoreId) -> Iterator[None]:
    """What is owed and noted nowhere would be forgotten, so the client is not told that all is well (protocol W6)."""
    try:
        yield
    except Exception as error:
        raise OutcomeUnknown(authority, f"the ledger cannot be written: {cause_of(error)}") from error


def cause_of(error: Exception) -> str:
    """One line for the operator; drivers' messages can be long."""
    kind = "" if isinstance(error, StoreError) else f"{type(error).__name__}: "
    return f"{kind}{error}"[:500]
