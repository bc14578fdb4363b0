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
from chat.exceptions import KeyContested, OutcomeUnknown, StoreError, StoreRefused, StoreUnavailable
from chat.metrics import FALLBACKS, MIRROR_SKIPPED, STALE_READS, timed
from chat.routing.afterwards import Afterwards
from chat.routing.authority import Unsettled, decide
from chat.routing.circuits import Circuits
from chat.routing.ports import DebtRecorder, ReadRoute, RoutingPolicy, WriteRoute
from chat.routing.underway import UnderWay
from chat.stores.base import Store

log = structlog.get_logger(__name__)

MIRROR_AWAY = "the store failed a moment ago and has not answered since"

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


class Router:
    """One per process. Source and target are roles of a route; no line here knows which store is which."""

    def __init__(self, *, policy: RoutingPolicy, recorder: DebtRecorder, open_store: OpenStore) -> None:
        self.policy = policy
        self.recorder = recorder
        self.open_store = open_store
        self.circuits = Circuits(open_store)
        self.afterwards = Afterwards()

    def post(self, *, room: str, name: str, text: str) -> Posted:
        """Accept a comment. When this returns, it is in the authority, and in the mirror or the ledger (W1, W6).

        Where the mirror may follow later (W9), the in-flight file holds what it is owed until then.
        """
        with self.policy.admit_write() as route:
            under_way = UnderWay(self.recorder, route)

            def draft() -> Comment:
                # Issued after admission and straight before the put, so that a wait in between cannot age it (T2).
                comment = Comment(room=room, name=name, time_us=self.policy.next_instant(), text=text)
                under_way.begin(comment)
                return comment

            with self._ending(under_way, route):
                comment = self._decide(route, draft)
                if route.mirror_later and self._may_follow(route, under_way):
                    self._hand_over(route, under_way.move_on(), comment)
                else:
                    self._mirror(route, comment)
            return Posted(comment=comment, by=AnsweredBy(store=route.authority, epoch=route.epoch))

    def _may_follow(self, route: WriteRoute, under_way: UnderWay) -> bool:
        """A mirror that is known to be away is owed the comment before the answer, as in the sync mode (W6). And one
        that is answered before it is mirrored must survive the machine: in a quiet room nobody would miss it (D4)."""
        return route.mirror is not None and not self.circuits.of(route.mirror).is_open and under_way.harden()

    def _hand_over(self, route: WriteRoute, under_way: UnderWay, comment: Comment) -> None:
        """Its admission and its mark end with the mirror's part, in whichever thread that is (F4, W5)."""
        finish = partial(self._follow, route, under_way, comment, self.policy.keep(route))
        if not self.afterwards.take(finish):
            finish()

    def _follow(self, route: WriteRoute, under_way: UnderWay, comment: Comment, leave: Callable[[], None]) -> None:
        try:
            with self._ending(under_way, route):
                self._mirror(route, comment)
        finally:
            leave()

    @contextmanager
    def _ending(self, under_way: UnderWay, route: WriteRoute) -> Iterator[None]:
        """Clears the mark only when it is known how the write ended, and where that is kept."""
        try:
            yield
        except Unsettled as error:
            try:
                self.recorder.unsettled(error.comment, holder=route.authority, owed=route.mirror, cause=str(error))
            except Exception as failure:
                under_way.abandon()
                raise unkept(route.authority, failure) from failure
            under_way.end()
            raise
        except (StoreUnavailable, StoreRefused, KeyContested):
            # Nothing of this comment was written.
            under_way.end()
            raise
        except BaseException:
            under_way.abandon()
            raise
        under_way.end()

    def _decide(self, route: WriteRoute, draft: Callable[[], Comment]) -> Comment:
        with timed(route.authority, Role.SERVE, "put"):
            return decide(self.open_store(route.authority, Role.SERVE), draft)

    def _mirror(self, route: WriteRoute, comment: Comment) -> None:
        if route.mirror is None:
            return
        circuit = self.circuits.of(route.mirror)
        if circuit.is_open:
            MIRROR_SKIPPED.labels(route.mirror).inc()
            self._owe(route.authority, route.mirror, comment, MIRROR_AWAY)
            return
        try:
            with timed(route.mirror, Role.MIRROR, "upsert"):
                self.open_store(route.mirror, Role.MIRROR).upsert(comment)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the comment is accepted and the mirror is owed it
            log.warning("mirror_failed", store=route.mirror, kind=type(error).__name__, error=str(error))
            if isinstance(error, StoreUnavailable | OutcomeUnknown):
                circuit.trip(cause_of(error))
            self._owe(route.authority, route.mirror, comment, cause_of(error))

    def _owe(self, holder: StoreId, owed: StoreId, comment: Comment, cause: str) -> None:
        """What is owed and noted nowhere would be forgotten, so without the note the client is not told that all is
        well (protocol W6)."""
        try:
            self.recorder.owed(comment, holder=holder, owed=owed, cause=cause)
        except Exception as error:
            raise unkept(holder, error) from error

    def read(self, endpoint: Endpoint, key: str, fetch: Callable[[Store], Found]) -> tuple[Found, AnsweredBy]:
        """One answer from the store the route names, or from its fallback, under one epoch."""
        with self.policy.admit_read(endpoint, key) as route:
            if route.fallback is None:
                _count_stale(endpoint, route.stale)
                return self._fetch(route, route.store, Role.SERVE, fetch)
            circuit = self.circuits.of(route.store)
            if not circuit.is_open:
                try:
                    return self._fetch(route, route.store, Role.PROMPT, fetch)
                except StoreUnavailable as error:
                    circuit.trip(cause_of(error))
                except StoreRefused as error:
                    # It answers, so the next read may ask it again: only this one cannot be answered there.
                    log.warning("read_refused", store=route.store, error=str(error))
            FALLBACKS.labels(endpoint).inc()
            _count_stale(endpoint, route.fallback_stale)
            return self._fetch(route, route.fallback, Role.SERVE, fetch)

    def _fetch(
        self, route: ReadRoute, store_id: StoreId, role: Role, fetch: Callable[[Store], Found]
    ) -> tuple[Found, AnsweredBy]:
        with timed(store_id, Role.SERVE, "read"):
            return fetch(self.open_store(store_id, role)), AnsweredBy(store=store_id, epoch=route.epoch)

    def pages(self, endpoint: Endpoint, key: str, fetch: FetchPage) -> Iterator[tuple[Page, AnsweredBy]]:
        """All pages of a read. Each is admitted anew, so a long answer never holds up a flip (F4, P2)."""
        after: Position | None = None
        while True:
            page, by = self.read(endpoint, key, partial(fetch, after=after))
            yield page, by
            if page.next is None:
                return
            after = page.next


def _count_stale(endpoint: Endpoint, stale: bool) -> None:
    if stale:
        STALE_READS.labels(endpoint).inc()


def unkept(holder: StoreId, error: Exception) -> OutcomeUnknown:
    return OutcomeUnknown(holder, f"the ledger cannot be written: {cause_of(error)}")


def cause_of(error: Exception) -> str:
    """One line for the operator; drivers' messages can be long."""
    kind = "" if isinstance(error, StoreError) else f"{type(error).__name__}: "
    return f"{kind}{error}"[:500]
