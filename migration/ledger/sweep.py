"""The recency sweep: compares what was written lately in both stores, and owes each what it lacks (protocol D4).

It catches what neither ledger nor in-flight file can know: a machine that lost power between the two writes. It is a
union and never deletes; a comment that differs is left to parity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chat.clock import wall_us
from chat.codec.timetext import canonical
from chat.conf import Role, env
from chat.data import Comment, Position, StoreId
from chat.exceptions import StoreError
from chat.stores.base import Store
from migration.enums import DebtState, Kind, WriteFlag
from migration.ledger.entries import keep
from migration.ledger.lines import Entry
from migration.ledger.steadiness import STEADY
from migration.merging import Pair, Side, pairs
from migration.models import ActiveRoom, Rollout, Route, SweepState

OpenStore = Callable[[StoreId, Role], Store]

OVERLAP_US = 600_000_000
"""Ten minutes before the last clean start (protocol D4)."""
PAGE = 500
MIRRORED = (WriteFlag.SOURCE_MIRROR, WriteFlag.TARGET_MIRROR)


@dataclass(slots=True)
class Swept:
    rooms: int = 0
    compared: int = 0
    missing: int = 0


def sweep(open_store: OpenStore) -> Swept | None:
    """One sweep; None while writes are not mirrored. Raises `StoreError` when a store cannot be read, and notes it."""
    rollout = Rollout.objects.get(active=True)
    flag = Route.objects.filter(rollout=rollout, kind=Kind.WRITE).values_list("write_flag", flat=True).first()
    if flag == WriteFlag.HELD:
        # A moment within the mirrored phases: what was swept so far still counts.
        return None
    if flag not in MIRRORED:
        SweepState.objects.all().delete()
        return None
    began = wall_us()
    # A clock set forward would carry the clean start over what is written until it is set back.
    bounded = STEADY.bounded(began)
    # The first sweep since writes are mirrored has nothing to go back to: the backfill copies what is older.
    state, _ = SweepState.objects.get_or_create(pk=SweepState.ONLY, defaults={"clean_start_us": bounded})
    if state.clean_start_us > began:
        # Somebody's clock was ahead: what it vouched for is worth no more than now. Saved before the stores are read,
        # so that an outage does not carry it along.
        state.clean_start_us = began
        state.save(update_fields=["clean_start_us"])
    try:
        found = _sweep_since(rollout, open_store, floor_us=max(0, state.clean_start_us - OVERLAP_US), ceiling_us=began)
    except StoreError as error:
        # Where it began is left alone: the next one goes back as far as this one would have.
        SweepState.objects.filter(pk=state.pk).update(last_error=str(error)[:500])
        raise
    clean = {"clean_start_us": bounded} if not found.missing else {}
    SweepState.objects.filter(pk=state.pk).update(
        last_start_us=began,
        last_rooms=found.rooms,
        last_compared=found.compared,
        last_missing=found.missing,
        last_error="",
        **clean,
    )
    return found


def _sweep_since(rollout: Rollout, open_store: OpenStore, *, floor_us: int, ceiling_us: int) -> Swept:
    source, target = (open_store(StoreId(store), Role.WORKER) for store in (rollout.source, rollout.target))
    found = Swept()
    for room in ActiveRoom.objects.filter(last_us__gte=floor_us).values_list("room", flat=True):
        found.rooms += 1
        for pair in _pairs_since(room, source, target, floor_us=floor_us, ceiling_us=ceiling_us):
            found.compared += 1
            if (pair.source is None or pair.target is None) and _owe(pair, source, target):
                found.missing += 1
    return found


def _pairs_since(room: str, source: Store, target: Store, *, floor_us: int, ceiling_us: int) -> Iterator[Pair]:
    """Writes that may still be on their way to the mirror are left to the next sweep."""
    horizon = ceiling_us - int((env().request_timeout_seconds + env().mirror_timeout_seconds + 1) * 1_000_000)
    left, right = (Side(_since(store, room, floor_us), horizon) for store in (source, target))
    return pairs(left, right)


def _since(store: Store, room: str, floor_us: int) -> Iterator[Comment]:
    """The room's comments after the floor, newest first."""
    after: Position | None = None
    while True:
        page = store.since(room, canonical(floor_us), after, PAGE)
        yield from page.items
        if page.next is None:
            return
        after = page.next


def _owe(pair: Pair, source: Store, target: Store) -> bool:
    """Looks again, strongly: an index may lag. False when nothing is missing any more."""
    known = pair.known
    has, lacks = (source, target) if pair.target is None else (target, source)
    if has.get(known.room, known.name, known.time) != known:
        return False
    if lacks.get(known.room, known.name, known.time) is not None:
        return False
    keep([Entry(comment=known, holder=has.id, owed=lacks.id, state=DebtState.OPEN, cause="found by the sweep")])
    return True
