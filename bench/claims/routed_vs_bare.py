"""A request through the router beside the same call made straight on the store, on each engine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice

from bench.claim import Case, Claim, Engine, Run, Size
from bench.comments import fresh
from bench.rounds import Take, measure
from bench.routing import serving
from bench.timing import MS, timed
from chat.conf import Role
from chat.data import Comment, Endpoint, StoreId
from chat.routing.router import Router
from chat.stores.base import Store
from chat.stores.registry import open_store
from migration.enums import Phase

CALLS = Size(full=100, quick=20)
ALONE = {StoreId.DYNAMODB: Phase.LEGACY, StoreId.SCYLLA_ROOM: Phase.DECOMMISSION}
"""The phase in which a store answers everything by itself."""
READ_ROOM, POST_ROOM, NAME, TEXT = "reading", "posting", "ann", "good morning, all of you"
LATEST, ROOM_COMMENTS = 20, 500


def _measure(run: Run) -> Iterator[Case]:
    takes = {"latest 20": _read, "post": _post}
    effort = run.effort.shared_by(len(ALONE) * len(takes))
    with serving() as process:
        for store_id, phase in ALONE.items():
            router, store = process.router(phase), open_store(store_id, Role.SERVE)
            store.upsert_many(list(islice(fresh(room=READ_ROOM, name=NAME), ROOM_COMMENTS)))
            for name, pair in takes.items():
                ours, bare = pair(router, store)
                rounds = measure(effort, ours=ours, peer=bare, calls=run.of(CALLS))
                yield Case(f"{name}, {store_id.value}", list(rounds))


def _read(router: Router, store: Store) -> tuple[Take, Take]:
    def through_router() -> object:
        return router.read(Endpoint.LATEST_COMMENTS, READ_ROOM, lambda found: found.latest(READ_ROOM, LATEST))

    return partial(timed, through_router, unit=MS), partial(timed, lambda: store.latest(READ_ROOM, LATEST), unit=MS)


def _post(router: Router, store: Store) -> tuple[Take, Take]:
    def ready() -> Comment:
        # From the same clock, just before: a put of an instant that is not fresh is read back (protocol T5).
        return Comment(POST_ROOM, NAME, router.policy.next_instant(), TEXT)

    def bare() -> float:
        comment = ready()
        return timed(lambda: store.put(comment), unit=MS)

    def ours() -> float:
        # Thrown away. After a wait for an engine the first code to run is slow; it is the same on both sides so.
        ready()
        return timed(lambda: router.post(room=POST_ROOM, name=NAME, text=TEXT), unit=MS)

    return ours, bare


CLAIM = Claim(
    name="routed_vs_bare",
    statistic="median",
    unit="ms",
    what_ours="one call through the router, in the phase in which that store answers alone; the worst of four cases",
    what_peer="the same call made straight on the same store object, in turn call by call",
    engines=frozenset(Engine),
    measure=_measure,
)
