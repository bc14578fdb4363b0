"""The fixed policies of the DB_BACKEND switch: `dynamodb`, `scylla` and `dual`, without a control plane.

While a rollout is under way its control plane gives a policy of its own for the same routes (`ports.FixedRegistrar`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from django.conf import settings

from chat import conf, slots
from chat.clock import Clock
from chat.data import Endpoint, StoreId
from chat.routing.ports import PolicyHealth, ReadRoute, WriteRoute

FIXED_EPOCH = 0
"""No vector of a rollout is in force."""

BACKENDS: dict[str, WriteRoute] = {
    "dynamodb": WriteRoute(epoch=FIXED_EPOCH, authority=StoreId.DYNAMODB, mirror=None),
    "scylla": WriteRoute(epoch=FIXED_EPOCH, authority=StoreId.SCYLLA_ROOM, mirror=None),
    "dual": WriteRoute(epoch=FIXED_EPOCH, authority=StoreId.DYNAMODB, mirror=StoreId.SCYLLA_ROOM),
}


@dataclass(frozen=True)
class FixedPolicy:
    """Every request goes the same way, and reads come from the authority."""

    route: WriteRoute
    clock: Clock
    slot: slots.SlotFile | None = None

    @classmethod
    def for_backend(cls, backend: str) -> Self:
        slot = slots.lease(settings.VAR_DIR / "slots", conf.env().clock_slots)
        clock = Clock(slot=slot.slot, slots=conf.env().clock_slots)
        return cls(route=BACKENDS[backend], clock=clock, slot=slot)

    @contextmanager
    def admit_write(self) -> Iterator[WriteRoute]:
        yield self.route

    def keep(self, route: WriteRoute) -> Callable[[], None]:
        return lambda: None

    @contextmanager
    def admit_read(self, endpoint: Endpoint, key: str) -> Iterator[ReadRoute]:
        yield ReadRoute(epoch=self.route.epoch, store=self.route.authority)

    def next_instant(self) -> int:
        return self.clock.next()

    def health(self) -> PolicyHealth:
        following = frozenset({self.route.mirror} if self.route.mirror else ())
        return PolicyHealth(FIXED_EPOCH, answering=frozenset({self.route.authority}), following=following)

    def close(self) -> None:
        if self.slot:
            self.slot.release()
