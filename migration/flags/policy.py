"""The routing policy of `DB_BACKEND=routed`: it obeys the control plane (ports: chat/routing/ports.py)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from time import monotonic
from typing import Protocol

import structlog
from django.db import Error, connections

from chat.data import Endpoint
from chat.exceptions import NotServing
from chat.routing.ports import PolicyHealth, ReadRoute, WriteRoute
from migration.conf import CLOSE_SECONDS, STALE_POLL_SECONDS, STALE_WAIT_SECONDS, hold_wait_seconds
from migration.flags.admissions import Admissions
from migration.flags.contradictions import fixed_against
from migration.flags.highwater import high_water, older
from migration.flags.snapshot import Snapshot, load
from migration.flags.wake import Listener
from migration.flags.watcher import Watcher
from migration.holders.kinds import WEB
from migration.holders.membership import Membership

log = structlog.get_logger(__name__)


class Books(Protocol):
    """What a process owes, as far as its routing must know."""

    @property
    def all_kept(self) -> bool:
        """Whether all it owes is in the ledger. Until then it confirms no epoch, and does not leave (protocol F4)."""

    def owes(self, store: str, room: str) -> bool:
        """Whether a store is owed a comment of a room (protocol F11)."""


class NoBooks:
    """Of a process that writes nothing."""

    all_kept = True

    def owes(self, store: str, room: str) -> bool:
        return False


def make_policy(books: Books | None = None) -> RoutedPolicy:
    """Raises `NotServing` when the process cannot register (protocol F5)."""
    with registering():
        policy = RoutedPolicy(kind=WEB, books=books)
        try:
            _require_alone(policy.snapshot)
        except NotServing:
            policy.close()
            raise
    policy.start()
    return policy


def _require_alone(flags: Snapshot) -> None:
    """A process on a fixed DB_BACKEND may decide otherwise: where no move was made yet nothing kept it from starting
    (protocol F10)."""
    against = fixed_against(flags.write, source=flags.source, target=flags.target)
    if against and not flags.held:
        raise NotServing(f"another store would decide as well: {', '.join(against)}. End that one first, or this one")


@contextmanager
def registering() -> Iterator[None]:
    """Database errors within become `NotServing`."""
    try:
        yield
    except Error as error:
        connections["default"].close()
        raise NotServing(f"the control database does not answer, so this process cannot register: {error}") from error


class RoutedPolicy:
    """One per process, made after a fork. Holds a registration, a clock slot, a snapshot and two threads."""

    def __init__(
        self, kind: str, books: Books | None = None, *, backend: str = "routed", slotless: bool = False
    ) -> None:
        """`backend` is the DB_BACKEND of the process, `slotless` one that issues no instants.

        Raises `NotServing` when it cannot register, or when the database holds older flags than this host acted under.
        """
        self._books: Books = books or NoBooks()
        self._polling = threading.RLock()
        self._starting = threading.Lock()
        self._looked = threading.Event()
        self._looked.set()
        self._polled_at = self._tried_at = monotonic()
        self._older: int | None = None
        self._high_water = high_water()
        # Before it registers, or each try of a process that is refused would leave a row behind.
        self._high_water.refuse_older()
        self._membership = Membership(kind, backend=backend, slotless=slotless)
        self._watcher = Watcher(poll=self.poll, moving=lambda: self._admissions.snapshot.moving)
        self._listener = Listener(self._watcher.wake)
        self._closed = False
        try:
            # Registered and committed before the flags are read for the first time (protocol F3).
            self._admissions = Admissions(load(), on_idle=self._watcher.wake)
            self.poll()
        except BaseException:
            # Nobody would ever confirm for this registration, and every move would wait for it.
            self._membership.leave()
            raise

    @property
    def snapshot(self) -> Snapshot:
        """The flags this process acts under now."""
        return self._admissions.snapshot

    def start(self) -> None:
        self._watcher.start()
        self._listener.start()

    def poll(self) -> None:
        """Heartbeat when due, newest flags, confirmation. Database errors pass through."""
        with self._polling:
            if self._closed:
                return
            # Counts from its beginning, so that one that froze half way is old; and only once it has ended, so that
            # nobody acts meanwhile on what it is about to replace.
            began = monotonic()
            self._membership.keep_up()
            self._look()
            self._tried_at = began
            confirmable = self._admissions.confirmable()
            if confirmable is not None and self._books.all_kept and self._older is None:
                self._membership.confirm(confirmable)
            self._polled_at = monotonic()

    def _look(self) -> None:
        held = self._admissions.snapshot
        # Once it was older, the same number says nothing: moves of the copy may have made it anew, with other flags.
        found = load(held) if self._older is None else load()
        if found.epoch < held.epoch or (found.epoch == held.epoch and found.flags != held.flags):
            if self._older is None:
                log.error("older_epoch_refused", found=found.epoch, held=held.epoch)
            self._older = found.epoch
            return
        self._older = None
        # On disk before the first request is admitted under it.
        self._high_water.raise_to(found.epoch)
        self._admissions.switch(found)
        self._membership.looked()

    @property
    def _is_unfit(self) -> bool:
        return self._membership.lost or self._older is not None

    def _refuse_if_unfit(self) -> None:
        """Raises `NotServing`: what this process would do now, others could not know of."""
        if self._membership.lost:
            raise NotServing("this process was declared dead and has not registered anew yet")
        if self._older is not None:
            raise NotServing(older(self._older, self._admissions.snapshot.epoch))

    def _is_stale(self) -> bool:
        """Judged by when the last poll began: one that froze half way may have read what is long past."""
        return monotonic() - self._tried_at > STALE_POLL_SECONDS

    def _poll_if_stale(self) -> None:
        """A process that was stopped or cut off looks at the flags before it acts on old ones (protocol F9).

        With the control database away it serves on with those it holds (protocol F7).
        """
        if not self._is_stale():
            return
        # Not in this thread: a database that hangs would keep the request for as long as its driver waits.
        if not self._begin_look().wait(STALE_WAIT_SECONDS):
            # That counts as a try, or every request would wait this long.
            self._tried_at = monotonic()

    def _begin_look(self) -> threading.Event:
        """Set when a look has ended, well or not. One at a time; requests that come meanwhile wait for the same."""
        with self._starting:
            if self._looked.is_set():
                self._looked = threading.Event()
                threading.Thread(target=self._try_poll, args=(self._looked,), name="flags-look", daemon=True).start()
            return self._looked

    def _try_poll(self, ended: threading.Event) -> None:
        """Twice: a connection that was cut while the process stood still fails once, and the database is not away."""
        try:
            with self._polling:
                for attempt in (1, 2):
                    if not self._is_stale():
                        return
                    try:
                        self.poll()
                    except Exception as error:  # noqa: BLE001 - as the watcher: whatever it was, the look has ended
                        log.warning("flags_poll_failed", error=str(error), attempt=attempt)
                        connections["default"].close()
                self._tried_at = max(self._tried_at, monotonic())
        finally:
            ended.set()
            connections["default"].close()

    def _enter_write(self) -> Snapshot:
        while True:
            self._poll_if_stale()
            self._refuse_if_unfit()
            snapshot = self._admissions.enter_write(wait=hold_wait_seconds())
            if not self._is_stale() and not self._is_unfit:
                return snapshot
            # It froze, or was declared dead, between the look and the admission, or in a hold.
            self._admissions.leave_write(snapshot.epoch)

    @contextmanager
    def admit_write(self) -> Iterator[WriteRoute]:
        snapshot = self._enter_write()
        try:
            yield snapshot.write_route()
        finally:
            self._admissions.leave_write(snapshot.epoch)

    def keep(self, route: WriteRoute) -> Callable[[], None]:
        self._admissions.keep_write(route.epoch)
        return partial(self._admissions.leave_write, route.epoch)

    @contextmanager
    def admit_read(self, endpoint: Endpoint, key: str) -> Iterator[ReadRoute]:
        with self._reading() as snapshot:
            yield snapshot.read_route(endpoint, key, owes=self._books.owes)

    def next_instant(self) -> int:
        return self._membership.next_instant()

    def pin(self) -> AbstractContextManager[Snapshot]:
        """The flags a task acts under for one page or entry (protocol F4). A hold neither waits for it nor stops it:
        what tasks write was decided before."""
        return self._reading()

    @contextmanager
    def _reading(self) -> Iterator[Snapshot]:
        snapshot = self._admissions.enter_read()
        try:
            yield snapshot
        finally:
            self._admissions.leave_read(snapshot.epoch)

    def health(self) -> PolicyHealth:
        self._refuse_if_unfit()
        snapshot = self._admissions.snapshot
        answering = snapshot.answering()
        away = monotonic() - self._polled_at > STALE_POLL_SECONDS
        degraded = ("the control database does not answer; serving on with the last flags",) if away else ()
        return PolicyHealth(snapshot.epoch, answering, snapshot.written() - answering, degraded)

    def close(self) -> None:
        """Admits no more, and leaves when all that was admitted has ended (protocol F4).

        A process that cannot finish in time stays registered: moves wait for it until its end is proven (F9).
        """
        ended = self._admissions.close(wait=CLOSE_SECONDS)
        self._closed = True
        self._listener.stop()
        if self._watcher.is_alive():
            self._watcher.stop()
        # A poll that is under way could find itself dead and register anew.
        if ended and self._books.all_kept and self._polling.acquire(timeout=CLOSE_SECONDS):
            try:
                self._membership.leave()
            except Error as error:
                log.warning("holder_not_deregistered", error=str(error))
            finally:
                self._polling.release()
        connections["default"].close()
