"""The breakers of one process, one for each store that others can do without: mirrors, and stores with a fallback."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from chat.conf import Role
from chat.data import StoreId
from chat.routing.breaker import Breaker
from chat.stores.base import Store

OpenStore = Callable[[StoreId, Role], Store]


class Circuits:
    """Made with the router; a mirror's failure also spares reads the wait, for it is the same store that is away."""

    def __init__(self, open_store: OpenStore) -> None:
        self._open_store = open_store
        self._breakers: dict[StoreId, Breaker] = {}
        self._lock = Lock()

    def of(self, store_id: StoreId) -> Breaker:
        breaker = self._breakers.get(store_id)
        if breaker is None:
            with self._lock:
                breaker = self._breakers.setdefault(store_id, Breaker(store_id, lambda: self._ping(store_id)))
        return breaker

    def states(self) -> dict[StoreId, bool]:
        """Each store's breaker that was ever asked for, and whether it is open."""
        return {store_id: breaker.is_open for store_id, breaker in list(self._breakers.items())}

    def _ping(self, store_id: StoreId) -> None:
        self._open_store(store_id, Role.MIRROR).ping()

    def close(self) -> None:
        for breaker in self._breakers.values():
            breaker.close()
