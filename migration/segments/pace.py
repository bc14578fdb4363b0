"""How fast one worker may go on: the operator's limits, a store that throttles, a target that gets slow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic

from django.utils import timezone

from chat.conf import env
from chat.exceptions import StoreError, StoreThrottled
from chat.stores.base import Store
from migration.enums import RunState, SegmentState
from migration.flags.freeze import frozen
from migration.models import Run
from migration.segments.bucket import Bucket, Wait, client_of
from migration.segments.lease import Lease, Pulse
from migration.segments.marks import MARK_SECONDS, mark

LOOK_SECONDS = 0.5
"""A worker that waits looks this often whether it still should: a new rate or a pause must not wait for the old one."""
SAY_SECONDS = 2.0
"""The reason for slowness is stored when there is one all at once, then this often."""
PING_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
"""Seconds between pages under back-pressure: doubled each time, halved with each page that went well."""


@dataclass(frozen=True, slots=True)
class Slowdown:
    seconds: float
    reason: str


@dataclass(slots=True)
class Backoff:
    """Pauses that double with each bad sign and halve with each good one, down to none."""

    seconds: float = 0.0

    def worse(self) -> None:
        self.seconds = min(LONGEST_PAUSE, max(FIRST_PAUSE, 2 * self.seconds))

    def better(self) -> None:
        self.seconds = self.seconds / 2 if self.seconds > FIRST_PAUSE else 0.0


@dataclass(slots=True)
class Pace:
    """One worker's, for one attempt. `deadline`, by the monotonic clock, ends the attempt between pages."""

    run: Run
    lease: Lease
    target: Store
    deadline: float
    pulse: Callable[[], None] = field(init=False)
    _buckets: dict[tuple[str, int], Bucket] = field(default_factory=dict)
    _throttled: Backoff = field(default_factory=Backoff)
    _late: Backoff = field(default_factory=Backoff)
    # Of the last page; unknown before the first one.
    _units_per_row: float = 0.0
    _latency_ms: float = 0.0
    _pinged: float = float("-inf")
    _marked: float = field(default_factory=monotonic)
    _said: str = ""
    _said_at: float = float("-inf")

    def __post_init__(self) -> None:
        self.pulse = Pulse(self.lease)

    @property
    def page_items(self) -> int | None:
        """At most half a second's worth, so that a slow rate is a steady one. None: as many as the reader likes."""
        most = []
        if self.run.rows_per_second is not None:
            most.append(self.run.rows_per_second / 2)
        if self.run.read_units_per_second is not None and self._units_per_row:
            most.append(self.run.read_units_per_second / 2 / self._units_per_row)
        return max(1, int(min(most))) if most else None

    def begin(self) -> bool:
        """Before the first page: waits for what other workers, or this segment's last one, have drawn too much."""
        return self._wanted() and self._wait(max(self._drawn(0, 0), key=lambda one: one.seconds, default=None))

    def after(self, *, rows: int, units: float) -> bool:
        """After a page was saved. False when this worker should stop: its time is up, or the run is paused, cancelled
        or frozen."""
        self._mark()
        self._throttled.better()
        self._units_per_row = units / rows if rows else self._units_per_row
        slowdowns = [*self._drawn(rows, units), *self._pressed()]
        slowest = max(slowdowns, key=lambda one: one.seconds, default=None)
        return self._wanted() and self._wait(slowest) and monotonic() <= self.deadline

    def throttled(self, error: StoreThrottled) -> bool:
        """A store asked for less. No fault of the segment, so it does not count as one, however long it lasts."""
        self._throttled.worse()
        return self._wanted() and self._wait(Slowdown(self._throttled.seconds, f"throttled: {error}"))

    def _wait(self, slowdown: Slowdown | None) -> bool:
        if slowdown is None or slowdown.seconds <= 0:
            self._say("")
            return True
        self._say(slowdown.reason)
        limits, end = self._limits(), monotonic() + slowdown.seconds
        while (left := end - monotonic()) > 0:
            if monotonic() > self.deadline:
                return False
            time.sleep(min(left, LOOK_SECONDS))
            self.pulse()
            if not self._wanted():
                return False
            if self._limits() != limits:
                break
        return True

    def _wanted(self) -> bool:
        """Looks at the rows: one read between two pages, so that nobody has to reach a worker by a message."""
        self.run.refresh_from_db(fields=["state", "rows_per_second", "read_units_per_second"])
        return self.run.state == RunState.RUNNING and frozen() is None

    def _limits(self) -> tuple[int | None, int | None]:
        return self.run.rows_per_second, self.run.read_units_per_second

    def _drawn(self, rows: int, units: float) -> Iterator[Slowdown]:
        costs = (("rows", rows, self.run.rows_per_second), ("read units", units, self.run.read_units_per_second))
        for kind, cost, rate in costs:
            if rate is not None:
                wait = self._bucket(kind, rate).draw(cost)
                yield Slowdown(wait.seconds, _limited(kind, rate, wait))

    def _bucket(self, kind: str, rate: int) -> Bucket:
        if (kind, rate) not in self._buckets:
            # With its start: a control database that was set up anew counts its runs from 1 again.
            run = f"{self.run.pk}:{self.run.started_at.timestamp():.6f}"
            key = f"chat:{env().keyspace}:{env().dynamodb_table}:run:{run}:{kind}:{rate}"
            self._buckets[kind, rate] = Bucket(client_of(env().redis_url), key, rate, self._workers)
        return self._buckets[kind, rate]

    def _workers(self) -> int:
        return self.run.segments.filter(state=SegmentState.LEASED).count()

    def _pressed(self) -> Iterator[Slowdown]:
        """Back-pressure: clients share the target, so it is asked as they would ask, once a second."""
        if monotonic() - self._pinged >= PING_SECONDS:
            self._ping()
        limit = env().backfill_latency_ms
        yield Slowdown(
            self._late.seconds,
            f"{self.target.id} is slow: a small read took {self._latency_ms:.0f} ms (BACKFILL_LATENCY_MS is {limit})",
        )
        yield Slowdown(self._throttled.seconds, "throttled a moment ago: speeding up again")

    def _ping(self) -> None:
        begun = monotonic()
        try:
            self.target.ping()
        except StoreError:
            # The next page's write says what is wrong, and is counted.
            return
        finally:
            self._pinged = monotonic()
        self._latency_ms = 1000 * (monotonic() - begun)
        if self._latency_ms > env().backfill_latency_ms:
            self._late.worse()
        else:
            self._late.better()

    def _mark(self) -> None:
        if monotonic() - self._marked >= MARK_SECONDS:
            mark(self.run)
            self._marked = monotonic()

    def _say(self, reason: str) -> None:
        """Only what this worker said itself is taken back: another one may have a reason of its own."""
        rows = Run.objects.filter(pk=self.run.pk, state=RunState.RUNNING)
        if reason:
            if not self._said or monotonic() - self._said_at >= SAY_SECONDS:
                rows.update(slow_because=reason, slow_at=timezone.now())
                self._said, self._said_at = reason, monotonic()
        elif self._said:
            rows.filter(slow_because=self._said).update(slow_because="")
            self._said = ""


def _limited(kind: str, rate: int, wait: Wait) -> str:
    share = "; Redis is away, so each worker keeps to its share" if wait.alone else ""
    return f"held to {rate} {kind} per second by the operator{share}"
