"""This process among the holders: its registration, its clock slot, its signs of life and its confirmations."""

from __future__ import annotations

from time import monotonic

import structlog

from chat.clock import Clock
from chat.conf import env
from migration.conf import HEARTBEAT_SECONDS
from migration.holders.heartbeat import acknowledge, beat
from migration.holders.register import deregister, register

log = structlog.get_logger(__name__)


class Membership:
    """`lost` and `next_instant` may be used by any thread; the owner calls the rest one at a time."""

    def __init__(self, kind: str, *, backend: str = "routed", slotless: bool = False) -> None:
        """Registered and committed when this returns. Raises `NotServing` when every slot is taken.

        `slotless`: of a process that issues no instants.
        """
        self._kind = kind
        self._backend = backend
        self._slotless = slotless
        self._clock: Clock | None = None
        self.lost = self._registered = False
        self._enrol()

    def _enrol(self) -> None:
        # Within a process instants go on increasing, whatever its slot (protocol T1).
        floor = self._issued_us
        self._registration = register(self._kind, backend=self._backend, slotless=self._slotless)
        if self._registration.slot is not None:
            clock = Clock(slot=self._registration.slot, slots=env().clock_slots)
            clock.raise_floor(max(floor, self._registration.floor_us))
            self._clock = clock
        self._confirmed = 0
        self._beaten_at = monotonic()
        self._registered = True

    @property
    def _issued_us(self) -> int:
        return self._clock.last_us if self._clock else 0

    def keep_up(self) -> None:
        """A heartbeat when one is due; a new registration when this one was declared dead (protocol F9)."""
        # Taken before the heartbeat: a process that freezes right after it must not take it for a fresh one.
        now = monotonic()
        if now - self._beaten_at < HEARTBEAT_SECONDS and self._registered:
            return
        mine = self._registration
        if not self._registered or not beat(mine.holder_id, mine.who, issued_us=self._issued_us):
            # Until it has registered anew and looked at the flags again, what it holds is not its own: no write is
            # admitted.
            self.lost, self._registered = True, False
            log.warning("holder_superseded", holder=mine.holder_id)
            self._enrol()
        self._beaten_at = now

    def looked(self) -> None:
        """The newest flags were read under the registration there is now: whoever moves them waits for this process."""
        if self._registered:
            self.lost = False

    def confirm(self, epoch: int) -> None:
        """Once per epoch."""
        if epoch != self._confirmed:
            acknowledge(self._registration.holder_id, self._registration.who, epoch)
            self._confirmed = epoch

    def next_instant(self) -> int:
        """Raises RuntimeError in a process that was registered without a slot."""
        if self._clock is None:
            raise RuntimeError(f"a {self._kind} has no clock slot: it names no instants (protocol T1)")
        return self._clock.next()

    def leave(self) -> None:
        mine = self._registration
        deregister(mine.holder_id, mine.who, issued_us=self._issued_us)
