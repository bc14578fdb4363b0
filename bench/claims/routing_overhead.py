"""What the router adds to a request, where the stores themselves take next to no time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from bench.claim import Case, Claim, Run, Size
from bench.comments import fresh
from bench.rounds import Take, measure, over_peer
from bench.routing import serving
from bench.timing import US, timed
from chat.conf import Role
from chat.data import Comment, Endpoint, StoreId
from chat.routing.router import Router
from chat.stores.memory import MemoryStore
from migration.enums import Phase

CALLS = Size(full=2000, quick=400)
ROOM, NAME, TEXT = "chat", "ann", "good morning, all of you"
LATEST = 20


def _measure(run: Run) -> Iterator[Case]:
    cases = {
        "post": (Phase.LEGACY, _post),
        "post, mirrored": (Phase.DUAL, _post_mirrored),
        "latest 20": (Phase.LEGACY, _read),
    }
    effort = run.effort.shared_by(len(cases))
    with serving() as process:
        for name, (phase, takes) in cases.items():
            store = MemoryStore()
            ours, bare = takes(process.router(phase, opening=partial(_always, store)), store)
            rounds = measure(effort, ours=ours, peer=bare, calls=run.of(CALLS))
            yield Case(name, [over_peer(one) for one in rounds])


def _always(store: MemoryStore, store_id: StoreId, role: Role) -> MemoryStore:
    return store


def _post(router: Router, store: MemoryStore) -> tuple[Take, Take]:
    return _posts(router, store.put)


def _post_mirrored(router: Router, store: MemoryStore) -> tuple[Take, Take]:
    def both(comment: Comment) -> None:
        store.put(comment)
        store.upsert(comment)

    return _posts(router, both)


def _posts(router: Router, write: Callable[[Comment], object]) -> tuple[Take, Take]:
    comments = fresh(room=ROOM, name=NAME)

    def bare() -> float:
        # Ready made: issuing the instant and making the comment count as the router's.
        comment = next(comments)
        return timed(lambda: write(comment), unit=US)

    return partial(timed, lambda: router.post(room=ROOM, name=NAME, text=TEXT), unit=US), bare


def _read(router: Router, store: MemoryStore) -> tuple[Take, Take]:
    # No more than are asked for: this store sorts all it holds at every read.
    store.upsert_many(list(islice(fresh(room=ROOM, name=NAME), LATEST)))

    def through_router() -> object:
        return router.read(Endpoint.LATEST_COMMENTS, ROOM, lambda found: found.latest(ROOM, LATEST))

    return partial(timed, through_router, unit=US), partial(timed, lambda: store.latest(ROOM, LATEST), unit=US)


CLAIM = Claim(
    name="routing_overhead",
    statistic="median",
    unit="µs",
    what_ours="one call through the router on the memory store, less the same calls made on that store; registered, "
    "with the flags of the control database and the threads of policy and ledger; the worst of three cases",
    what_peer=None,
    engines=frozenset(),
    measure=_measure,
)
