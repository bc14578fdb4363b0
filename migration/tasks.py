"""Celery entry points: load the row, call the domain, nothing else. Arguments are primitive."""

from __future__ import annotations

import structlog
from celery import shared_task

from chat.exceptions import StoreError
from chat.stores.registry import open_store
from migration import wakeups
from migration.backfill import runs as backfill_runs
from migration.backfill import working as backfill
from migration.census import runs as census_runs
from migration.census import working as census
from migration.enums import RunKind, RunState, Step
from migration.exceptions import LostRace, StillWaiting
from migration.flags.freeze import frozen
from migration.ledger import leases
from migration.ledger.drain import drain_for
from migration.ledger.files import collect_left_behind
from migration.ledger.housekeeping import forget_paid
from migration.ledger.sweep import sweep
from migration.models import Run, Stream
from migration.parity import runs as parity
from migration.segments.sweep import Observer, requeue, waiting
from migration.stream.working import tail
from migration.transitions import carrying, drills
from migration.transitions.recovery import lease_ran_out, recover, unfinished

log = structlog.get_logger(__name__)

ROOM_SECONDS = 6 * 3600
"""A room is compared in one piece, however large. Whether its worker lives is told by its lease, not by its time."""

DRAIN_SECONDS = 8.0
"""Of one task; the next one comes two seconds after the last was due."""

TAIL_SECONDS = 1.5
"""Of one task; the next one comes every two seconds."""

CLOSES = {
    RunKind.BACKFILL: backfill_runs.close_if_done,
    RunKind.PARITY: parity.close_if_done,
    RunKind.CENSUS: census_runs.close_if_done,
}

_observer = Observer()
_drains = leases.Observer()


@shared_task(name="migration.backfill.work")
def backfill_work(segment_id: int) -> None:
    if frozen():
        return  # The sweep below sends it again after the thaw.
    _after(segment_id, RunKind.BACKFILL, backfill.work(segment_id))


@shared_task(name="migration.parity.work", time_limit=ROOM_SECONDS)
def parity_work(segment_id: int) -> None:
    if frozen():
        return
    _after(segment_id, RunKind.PARITY, parity.work(segment_id))


@shared_task(name="migration.census.work")
def census_work(segment_id: int) -> None:
    if frozen():
        return
    _after(segment_id, RunKind.CENSUS, census.work(segment_id))


def _after(segment_id: int, kind: RunKind, again: float | None) -> None:
    if again is not None:
        wakeups.wake([segment_id], kind, after=again)
    elif run := Run.objects.filter(segments=segment_id).first():
        _close(run)


def _close(run: Run) -> None:
    CLOSES[RunKind(run.kind)](run.pk)


@shared_task(name="migration.segments.sweep")
def sweep_segments() -> None:
    """Wakes workers for what lost its worker, or its message with the broker; closes what nobody came to close."""
    for segment in _observer.expired():
        if requeue(segment):
            log.warning("lease_expired", segment=segment.pk)
    # Frozen, nobody is woken: each message would be dropped unread.
    for kind in () if frozen() else RunKind:
        lost = list(waiting(kind).values_list("pk", flat=True))
        # While messages wait there, workers have enough to do: sending each again would only pile them up.
        if lost and wakeups.queued(kind) == 0:
            wakeups.wake(lost, kind)
    for run in Run.objects.filter(state=RunState.RUNNING):
        _close(run)


@shared_task(name="migration.stream.tail")
def tail_stream() -> None:
    """Nothing where no stream was enabled."""
    stream = Stream.objects.filter(active=True).first()
    if stream is None or frozen():
        return
    try:
        tail(stream, seconds=TAIL_SECONDS)
    except StoreError as error:
        # Its checkpoints stand: the next one goes on from there.
        log.warning("stream_waits", error=str(error))


@shared_task(name="migration.ledger.drain")
def drain_ledger() -> None:
    """Before it: what dead processes of this host were in the middle of, and what dead drains had claimed."""
    collect_left_behind()
    if given_back := _drains.give_back():
        log.warning("drain_lease_expired", leases=given_back)
    done = drain_for(open_store, seconds=DRAIN_SECONDS)
    if done.paid or done.void or done.postponed:
        log.info("ledger_drained", paid=done.paid, void=done.void, postponed=done.postponed)


@shared_task(name="migration.ledger.sweep")
def sweep_recent() -> None:
    try:
        found = sweep(open_store)
    except StoreError as error:
        # The next one goes back as far as this one would have.
        log.warning("sweep_failed", error=str(error))
        return
    if found and found.missing:
        log.warning("sweep_found", missing=found.missing, rooms=found.rooms)


@shared_task(name="migration.ledger.forget")
def forget_paid_debts() -> None:
    forget_paid()


@shared_task(name="migration.transitions.run")
def run_transition(pk: int) -> None:
    """Twice, or for a request that has ended, it does nothing."""
    carrying.attempt(pk)


@shared_task(name="migration.transitions.drill")
def run_drill(pk: int) -> None:
    drills.attempt_drill(pk)


@shared_task(name="migration.transitions.recover")
def recover_transitions() -> None:
    """Ends a hold or an intent whose process is gone; closes a flip that all have confirmed by now; then begins
    requests and drills whose message was lost. Goes on while the rollout is frozen: writes must not stay held."""
    _recover_unfinished()
    carrying.run_waiting()
    drills.attempt_lost_drills()


def _recover_unfinished() -> None:
    left = unfinished()
    if left is None or (left.step != Step.FLIPPED and not lease_ran_out(left)):
        return
    try:
        recover(left, seconds=1.0)
    except (StillWaiting, LostRace) as error:
        log.info("transition_waits", transition=left.pk, reason=str(error))
