"""Processes and movers that run step by step in one thread, all of them the real code.

A process is a real `RoutedPolicy` without its threads: it polls, admits, finishes, freezes, dies when it is told to. A
mover is the real `carry_out`, and at each of its durable steps other things happen first, as the test says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, ClassVar

import pytest

from chat.exceptions import ChatError
from chat.routing.ports import WriteRoute
from migration.conf import STALE_POLL_SECONDS
from migration.enums import HolderState, WriteFlag
from migration.flags import policy as policies
from migration.flags.policy import RoutedPolicy
from migration.flags.snapshot import Snapshot, load
from migration.holders import register
from migration.holders.identity import Identity
from migration.models import Holder
from migration.transitions import closing, confirming, flip, hold, intending, moving, recovery, waiting
from tests.migration.flags.conftest import FakeMonotonic

numbers = count(1_000_000)
Happening = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Write:
    """One that was admitted and has not ended."""

    admission: AbstractContextManager[WriteRoute]
    route: WriteRoute
    flag: WriteFlag
    registered_as: int


@dataclass(eq=False)
class Process:
    """Nobody can prove it dead: its host is another one."""

    clock: FakeMonotonic
    writes: list[Write] = field(default_factory=list)
    current: ClassVar[Identity]

    def __post_init__(self) -> None:
        number = next(numbers)
        self.identity = Identity(host="another host", pid=number, started=number)
        with self.acting():
            self.policy = RoutedPolicy(kind="web")

    @contextmanager
    def acting(self) -> Iterator[None]:
        before: Identity = getattr(Process, "current", self.identity)
        Process.current = self.identity
        try:
            yield
        finally:
            Process.current = before

    @property
    def holder_id(self) -> int:
        return self.policy._membership._registration.holder_id

    @property
    def live(self) -> bool:
        return Holder.objects.get(pk=self.holder_id).state == HolderState.LIVE

    @property
    def snapshot(self) -> Snapshot:
        return self.policy._admissions.snapshot

    @property
    def silent(self) -> bool:
        return self.clock.now - self.policy._tried_at > STALE_POLL_SECONDS

    def poll(self) -> None:
        with self.acting():
            self.policy.poll()

    def admit(self) -> None:
        """Nothing in a hold, or when it may not serve."""
        with self.acting(), suppress(ChatError):
            admission = self.policy.admit_write()
            route = admission.__enter__()
            self.writes.append(Write(admission, route, self.snapshot.write, self.holder_id))
            # Whoever admits a write is registered, so that every move counts with it (protocol F3, F9).
            assert self.live
            assert route.epoch == self.snapshot.epoch

    def finish(self) -> None:
        while self.writes:
            self.writes.pop().admission.__exit__(None, None, None)

    def die(self) -> None:
        """As `kill -9` and the proof of it: what was under way is under way no more."""
        self.writes.clear()
        Holder.objects.filter(pk=self.holder_id).update(state=HolderState.DEAD)

    def declared_dead(self) -> None:
        """By an operator, who is wrong: it may go on at any time. Only of a silent one (protocol F9)."""
        if self.silent:
            Holder.objects.filter(pk=self.holder_id, state=HolderState.LIVE).update(state=HolderState.DECLARED)


class Killed(BaseException):
    """Ends a mover at a step, as `kill -9` would: nothing it would do on its way out is done."""


@dataclass
class Meanwhile:
    """What happens at each of the next steps of a mover, one list a step."""

    steps: list[list[Happening]] = field(default_factory=list)
    killed: bool = False

    def happen(self) -> None:
        happenings, self.steps = (self.steps[0], self.steps[1:]) if self.steps else ([], [])
        rest, self.steps = self.steps, []
        # Other movers may act within: their steps are plain ones.
        for happening in happenings:
            happening()
        self.steps = rest

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def delayed(*words: Any, **options: Any) -> Any:
            self.happen()
            return function(*words, **options)

        return delayed

    def unless_killed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def alive(*words: Any, **options: Any) -> Any:
            return None if self.killed else function(*words, **options)

        return alive


def install(patch: pytest.MonkeyPatch, clock: FakeMonotonic) -> Meanwhile:
    """Puts the seams in: identities, clock, no Redis, no waiting, and `happen` before each durable step."""
    meanwhile = Meanwhile()
    patch.setattr(register, "own_identity", lambda: Process.current)
    for path in ("migration.flags.policy", "migration.holders.membership"):
        patch.setattr(f"{path}.monotonic", clock)
    for sender in (flip, closing, intending):
        patch.setattr(sender, "wake_holders", lambda: None)
    # Anybody may take any transition over at any time, also from a mover that lives: more than a lease allows.
    patch.setattr(recovery, "LEASE_SECONDS", 0.0)

    def look_once(epoch: int, **options: Any) -> waiting.Confirmation:
        return waiting.await_confirmation(epoch, **options | {"seconds": 0})

    for waiter in (moving, hold, confirming):
        patch.setattr(waiter, "await_confirmation", meanwhile.before(look_once))
    for mover in (moving, hold):
        patch.setattr(mover, "flip", meanwhile.before(flip.flip))
    patch.setattr(policies, "load", _with_delays)
    for owner, name in ((hold, "_let_go"), (hold, "_note_length"), (moving, "close")):
        patch.setattr(owner, name, meanwhile.unless_killed(getattr(owner, name)))
    return meanwhile


class Delays:
    """What happens while the poll under way stands still between reading the flags and acting on them."""

    next: ClassVar[list[Happening]] = []


def _with_delays(known: Snapshot | None = None) -> Snapshot:
    found = load(known)
    delays, Delays.next = Delays.next, []
    for happening in delays:
        happening()
    return found
