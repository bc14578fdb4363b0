"""A process on a fixed DB_BACKEND while a rollout is under way: registered, and held to the phases (protocol F10)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections

from chat.data import Endpoint
from chat.exceptions import NotServing
from chat.routing.ports import PolicyHealth, ReadRoute, WriteRoute
from migration.enums import HolderState
from migration.flags.contradictions import contradiction
from migration.flags.policy import Books, RoutedPolicy, registering
from migration.flags.snapshot import Snapshot, load
from migration.holders.kinds import ROUTED, WEB
from migration.models import Holder, Rollout


def make_fixed_policy(backend: str, route: WriteRoute, books: Books | None = None) -> FixedInRollout | None:
    """None where there is no control database, or no active rollout in it: then the backend serves alone.

    Raises `NotServing` when the phases contradict the backend, or when nobody can tell whether they do.
    """
    with registering():
        if not _rollout_is_active():
            return None
        # Before it registers as well: each try of a process that is refused would leave a row behind.
        _require_legal(backend, route, load())
        policy = FixedInRollout(backend, route, books)
    policy.start()
    return policy


def _rollout_is_active() -> bool:
    connection = connections["default"]
    # To connect would make the file.
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return False
    if Rollout._meta.db_table not in connection.introspection.table_names():
        return False
    return Rollout.objects.filter(active=True).exists()


def _require_legal(backend: str, route: WriteRoute, flags: Snapshot) -> None:
    """A rollout of which no move was made yet contradicts nobody; its first one is refused while the process lives."""
    if flags.unbegun:
        return
    why = contradiction(backend, route, flags.write, source=flags.source, target=flags.target)
    if why is not None:
        raise NotServing(why)


def _require_alone(backend: str, route: WriteRoute, flags: Snapshot) -> None:
    """Beside a process that obeys those first phases two stores would decide. Each of the two looks for the other once
    it is registered, so that of two at the same time one sees the other at least."""
    why = contradiction(backend, route, flags.write, source=flags.source, target=flags.target)
    if why is None:
        return
    routed = Holder.objects.filter(state=HolderState.LIVE, kind=WEB, backend=ROUTED).order_by("pk").first()
    if routed is not None:
        raise NotServing(f"{why}: {routed} serves by it")


class FixedInRollout(RoutedPolicy):
    """Routes are the backend's own; registration, confirmations, holds and zombies are as for any other process."""

    def __init__(self, backend: str, route: WriteRoute, books: Books | None = None) -> None:
        self._backend = backend
        self._route = route
        super().__init__(WEB, books, backend=backend)
        try:
            # A flip may have come between the first look and the registration. Now the flip's guard sees this process.
            self._require_legal(self._admissions.snapshot)
            _require_alone(backend, route, self._admissions.snapshot)
        except NotServing:
            self._membership.leave()
            raise

    def _require_legal(self, flags: Snapshot) -> None:
        _require_legal(self._backend, self._route, flags)

    @contextmanager
    def admit_write(self) -> Iterator[WriteRoute]:
        """Raises `NotServing` under flags that contradict the backend: a guard keeps those from coming, as long as the
        process was registered when they came."""
        snapshot = self._enter_write()
        try:
            self._require_legal(snapshot)
            yield self._route
        finally:
            self._admissions.leave_write(snapshot.epoch)

    @contextmanager
    def admit_read(self, endpoint: Endpoint, key: str) -> Iterator[ReadRoute]:
        with self._reading() as snapshot:
            if not snapshot.held:
                self._require_legal(snapshot)
            yield ReadRoute(epoch=self._route.epoch, store=self._route.authority)

    def health(self) -> PolicyHealth:
        seen = super().health()
        if not self._admissions.snapshot.held:
            self._require_legal(self._admissions.snapshot)
        following = frozenset({self._route.mirror} if self._route.mirror else ())
        return PolicyHealth(self._route.epoch, frozenset({self._route.authority}), following, seen.degraded)
