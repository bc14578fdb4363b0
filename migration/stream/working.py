"""Reads shards page by page and applies them: what a worker, a command and a beat do alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from time import monotonic, sleep

import structlog

from chat.exceptions import StoreError
from migration.exceptions import LostLease
from migration.flags.acting import acting
from migration.flags.freeze import frozen
from migration.models import Shard, Stream
from migration.stream import lease as leases
from migration.stream import lineage, reading
from migration.stream.applying import apply
from migration.stream.authority import Stance, stance
from migration.stream.changes import Change, change_of
from migration.stream.lease import Observer, ShardLease, Tally

log = structlog.get_logger(__name__)

IDLE_SECONDS = 0.2
"""Between two looks at a shard that had nothing new; AWS allows five a second and shard."""

_observer = Observer()


def tail(stream: Stream, *, seconds: float) -> int:
    """Reads what may be read, for that long at most; how many records were handled. Raises `StoreError`s.

    Two processes may do so at once: each shard has one worker.
    """
    deadline = monotonic() + seconds
    handled = 0
    while True:
        if frozen() is not None:
            return handled
        if given_back := _observer.give_back():
            log.warning("stream_lease_expired", shards=given_back)
        lineage.learn_shards(stream)
        # A share each, so that a second open shard does not wait for the first to go quiet.
        handled += sum(work(shard, until=min(deadline, monotonic() + 5.0)) for shard in lineage.readable(stream))
        if monotonic() >= deadline:
            return handled
        sleep(min(IDLE_SECONDS, max(0.0, deadline - monotonic())))


def work(shard: Shard, *, until: float) -> int:
    """Handles the shard until nothing is new, or that instant of the monotonic clock; the number of records."""
    lease = leases.claim(shard)
    if lease is None:
        return 0
    try:
        return _held(shard, lease, until)
    except LostLease as error:
        # Whoever took over does it all again: nothing of this attempt counts (protocol C1).
        log.warning("stream_lease_lost", shard=shard.pk, error=str(error))
        return 0
    except reading.Trimmed:
        log.error("stream_trimmed", shard=shard.pk)
        lineage.begin_again(shard)
        return 0
    except BaseException as error:
        leases.release(lease, error=str(error) or type(error).__name__)
        raise


def _held(shard: Shard, lease: ShardLease, until: float) -> int:
    # Others may have moved the row between the look and the claim.
    checkpoint = Shard.objects.values_list("checkpoint", flat=True).get(pk=shard.pk)
    walk = _Walk(shard, lease, checkpoint)
    ended = walk.go(until)
    if ended:
        leases.finish(lease)
    else:
        leases.release(lease)
    return walk.handled


class _Walk:
    """One claim of one shard."""

    def __init__(self, shard: Shard, lease: ShardLease, checkpoint: str) -> None:
        self.shard, self.lease, self.checkpoint = shard, lease, checkpoint
        self.handled = 0
        self._iterator: str | None = None

    def go(self, until: float) -> bool:
        """True at the end of a closed shard."""
        quiet = 0
        # An empty page in the middle is normal, so one alone does not say that nothing is new.
        while quiet < 2:
            began = datetime.now(UTC)
            before = stance()
            page = self._page()
            if page.records:
                quiet = 0
                self._handle([change_of(record) for record in page.records])
            else:
                quiet += 1
                leases.save(self.lease, checkpoint=self.checkpoint, tally=Tally(), handled_to=began)
            self._iterator = page.next
            if page.next is None:
                return True
            if quiet == 2 and before.settled and before.applies:
                # Looked at before the page was read: every older write was in the stream by then (protocol C2).
                leases.drained(self.lease, before.epoch)
            if page.records and (monotonic() >= until or frozen() is not None):
                return False
        return False

    def _page(self) -> reading.RecordPage:
        for _ in range(2):
            if self._iterator is None:
                self._iterator = reading.iterator(self.shard.stream.arn, self.shard.shard_id, after=self.checkpoint)
            try:
                return reading.page(self._iterator)
            except reading.IteratorExpired:
                self._iterator = None
        raise StoreError(
            "dynamodb", "two iterators in a row were expired when they were used: is this host's work late?"
        )

    def _handle(self, changes: list[Change]) -> None:
        with acting():
            tally = handle(changes, stance(), alive=partial(leases.beat, self.lease))
        self.checkpoint = changes[-1].sequence
        leases.save(self.lease, checkpoint=self.checkpoint, tally=tally, handled_to=changes[-1].at)
        self.handled += len(changes)


def handle(changes: list[Change], now: Stance, *, alive: Callable[[], None] = lambda: None) -> Tally:
    """Applies, or only counts (protocol C2). Call it under `acting`: a flip then waits for it."""
    if not now.applies:
        return Tally(read=len(changes), drift=len(changes))
    done = apply(changes, target=now.target, alive=alive)
    return Tally(read=len(changes), applied=done.applied, quarantined=done.quarantined)
