"""A fixed DB_BACKEND without a rollout: it serves alone, and notices when one begins (protocol F10)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from time import monotonic

import structlog
from django.db import Error

from chat.data import Endpoint
from chat.exceptions import NotServing
from chat.routing.ports import PolicyHealth, ReadRoute, RoutingPolicy, WriteRoute

log = structlog.get_logger(__name__)

LOOK_SECONDS = 30.0
"""Between two looks for a rollout: a control database is migrated long before anybody moves an endpoint."""

Register = Callable[[], RoutingPolicy | None]


class Alone:
    """A routing policy that goes by `policy` until `register` gives another one, registered with the control plane."""

    def __init__(self, policy: RoutingPolicy, register: Register) -> None:
        self._policy = policy
        self._register = register
        self._lock = threading.Lock()
        self._looked_at = monotonic()
        self._registered = False
        self._refused: NotServing | None = None

    def admit_write(self) -> AbstractContextManager[WriteRoute]:
        return self._now().admit_write()

    def keep(self, route: WriteRoute) -> Callable[[], None]:
        return self._policy.keep(route)

    def admit_read(self, endpoint: Endpoint, key: str) -> AbstractContextManager[ReadRoute]:
        return self._now().admit_read(endpoint, key)

    def next_instant(self) -> int:
        return self._policy.next_instant()

    def health(self) -> PolicyHealth:
        return self._now().health()

    def close(self) -> None:
        self._policy.close()

    def _now(self) -> RoutingPolicy:
        """Raises `NotServing` while the phases of a rollout contradict this backend."""
        if not self._registered and monotonic() - self._looked_at > LOOK_SECONDS:
            with self._lock:
                self._look()
        if self._refused is not None:
            raise self._refused
        return self._policy

    def _look(self) -> None:
        if self._registered or monotonic() - self._looked_at <= LOOK_SECONDS:
            return
        self._looked_at = monotonic()
        try:
            found = self._register()
        except NotServing as error:
            if isinstance(error.__cause__, Error):
                # Nobody can tell now; it goes on as it was (protocol F7).
                log.warning("rollout_not_seen", error=str(error))
                return
            log.error("rollout_contradicts", error=str(error))
            self._refused = error
            return
        self._refused = None
        if found is not None:
            log.warning("rollout_joined")
            # The slot file stays leased: an instant of it may still be on its way.
            self._policy, self._registered = found, True
