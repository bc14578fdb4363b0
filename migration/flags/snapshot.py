"""The flags of one epoch, as one process holds them in memory: no request waits for the control database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

from chat.data import Endpoint, StoreId
from chat.exceptions import NotServing
from chat.routing.ports import ReadRoute, WriteRoute
from migration.enums import Kind, MirrorMode, ReadFlag, WriteFlag
from migration.models import Rollout, Route, StoreState

SAMPLE_ROOM = "chat"
"""The one room of the sample's API, and so far of ours."""
FIRST_EPOCH = 1
"""Of an installation's first rollout; every flip raises it. A later rollout begins above it."""

Owes = Callable[[str, str], bool]


def nothing_owed(store: str, room: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class ReadState:
    """`ramp` is the share of keys the target answers, in percent. Not `enabled`: no address serves it."""

    flag: ReadFlag
    ramp: int
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Snapshot:
    epoch: int
    moving: bool
    source: StoreId
    target: StoreId
    write: WriteFlag
    reads: Mapping[Endpoint, ReadState]
    complete: frozenset[StoreId] = frozenset()
    mirror_mode: MirrorMode = MirrorMode.SYNC

    @property
    def flags(self) -> tuple[object, ...]:
        """All that one epoch means, for telling apart two that have the same number."""
        return self.source, self.target, self.write, self.mirror_mode, dict(self.reads)

    @property
    def unbegun(self) -> bool:
        """No move was ever made: the phases are only what every installation starts with."""
        return self.epoch == FIRST_EPOCH and self.write is WriteFlag.SOURCE

    @property
    def held(self) -> bool:
        return self.write is WriteFlag.HELD

    def write_route(self) -> WriteRoute:
        """Never called in a hold: admission waits there."""
        stores = {
            WriteFlag.SOURCE: (self.source, None),
            WriteFlag.SOURCE_MIRROR: (self.source, self.target),
            WriteFlag.TARGET_MIRROR: (self.target, self.source),
            WriteFlag.TARGET: (self.target, None),
        }
        authority, mirror = stores[self.write]
        return WriteRoute(epoch=self.epoch, authority=authority, mirror=mirror, mirror_later=self._mirror_later)

    @property
    def _mirror_later(self) -> bool:
        """Only while the source decides and no read is answered by the target (protocol W9). After the write cutover
        never: there a read may go back to the mirror at any moment (protocol F8)."""
        if self.mirror_mode is MirrorMode.SYNC or self.write is not WriteFlag.SOURCE_MIRROR:
            return False
        from_source = (ReadFlag.SOURCE, ReadFlag.SOURCE_SHADOW)
        return all(state.flag in from_source for state in self.reads.values() if state.enabled)

    def read_route(self, endpoint: Endpoint, key: str, *, owes: Owes = nothing_owed) -> ReadRoute:
        """`owes` tells whether a store is owed a comment of a room (protocol F11)."""
        state = self.reads[endpoint]
        ramped = state.flag is ReadFlag.TARGET_RAMP and bucket(key) < state.ramp
        store = self.target if ramped or state.flag is ReadFlag.TARGET else self.source
        other = self._other(store)
        if endpoint is not Endpoint.USER_TIMELINE and owes(store, key):
            if other is not None and not owes(other, key):
                return ReadRoute(epoch=self.epoch, store=other, fallback=store, fallback_stale=True)
            return ReadRoute(epoch=self.epoch, store=store, stale=True)
        if not ramped or other is None:
            return ReadRoute(epoch=self.epoch, store=store)
        missing = endpoint is not Endpoint.USER_TIMELINE and owes(other, key)
        return ReadRoute(epoch=self.epoch, store=store, fallback=other, fallback_stale=missing)

    def _other(self, store: StoreId) -> StoreId | None:
        """The other store, if it could answer as well: complete, and still written (protocol F2)."""
        other = self.source if store == self.target else self.target
        if other == self.target and self._mirror_later:
            # Answered comments may not be there yet, and no debt says so (protocol W9).
            return None
        return other if other in self.complete and other in self.written() else None

    def answering(self) -> frozenset[StoreId]:
        """The stores a client of the sample's room waits for: those its reads go to, and the authority of writes."""
        stores = {self.read_route(endpoint, SAMPLE_ROOM).store for endpoint, s in self.reads.items() if s.enabled}
        return frozenset(stores if self.held else stores | {self.write_route().authority})

    def written(self) -> frozenset[StoreId]:
        """Authority and mirror; in a hold both stores, for either may come out as either."""
        if self.held:
            return frozenset({self.source, self.target})
        route = self.write_route()
        return frozenset({route.authority} | ({route.mirror} if route.mirror else set()))


def bucket(key: str) -> int:
    """0 to 99, the same for a room in every process and at every time: a ramp is sticky (protocol F11)."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8, person=b"room").digest()) % 100


def load(known: Snapshot | None = None) -> Snapshot:
    """The current snapshot, by one small query when the epoch is still the known one.

    Raises `NotServing` without an active rollout; database errors pass through (the caller decides, protocol F7).
    """
    rollout, complete = _active()
    while known is None or known.epoch != rollout.epoch:
        loaded = _read(rollout, complete)
        rollout, complete = _active()
        # A flip between the two queries would tear them apart: take it only if the epoch stood still.
        known = loaded if loaded.epoch == rollout.epoch else None
    # Voided at once, whatever the epoch (a declared death makes none). A store that becomes complete within an epoch is
    # used from the next one on: no flag can name it before.
    return replace(known, moving=rollout.moving, complete=known.complete & complete)


def _active() -> tuple[Rollout, frozenset[StoreId]]:
    """The active rollout, and which of its stores are complete."""
    states = list(StoreState.objects.filter(rollout__active=True).select_related("rollout"))
    if not states:
        raise NotServing("no active rollout: run `manage.py migrate`")
    return states[0].rollout, frozenset(StoreId(state.store) for state in states if state.complete)


def _read(rollout: Rollout, complete: frozenset[StoreId]) -> Snapshot:
    routes = list(Route.objects.filter(rollout=rollout))
    write = next(route for route in routes if route.kind == Kind.WRITE)
    return Snapshot(
        epoch=rollout.epoch,
        moving=rollout.moving,
        source=StoreId(rollout.source),
        target=StoreId(rollout.target),
        write=WriteFlag(write.write_flag),
        mirror_mode=MirrorMode(write.mirror_mode),
        reads={
            Endpoint(route.endpoint): ReadState(ReadFlag(route.read_flag), route.ramp_percent, route.enabled)
            for route in routes
            if route.kind == Kind.READ
        },
        complete=complete,
    )
