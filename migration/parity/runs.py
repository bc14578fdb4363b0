"""Starts, works on and closes parity runs: one segment a room."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from chat.clock import wall_us
from chat.codec.items import is_storable
from chat.conf import Role, env
from chat.data import StoreId
from chat.stores.registry import open_store
from migration.audit.record import record
from migration.enums import RunKind, RunState, SegmentState
from migration.models import Difference, Rollout, Run, Segment
from migration.parity.comparing import RoomResult, compare
from migration.parity.confirming import digest_of
from migration.segments.attempt import attempt
from migration.segments.completing import complete_by_parity, last_reverse
from migration.segments.ending import is_over, lock_for_ending
from migration.segments.lease import Lease, Pulse, finish
from migration.segments.progress import trouble

COUNTS = ("compared", "missing", "extra", "different", "quarantined")


def start(*, actor: str, room: str | None = None, reason: str = "") -> Run:
    """Every room of either store, or one. Covers comments up to the horizon before now (protocol C6)."""
    rollout = Rollout.objects.get(active=True)
    follows = last_reverse(rollout)
    # Before the rooms are listed: one that is born meanwhile then has nothing old enough to be covered.
    horizon_us = wall_us() - env().parity_horizon_seconds * 1_000_000
    rooms = [room] if room is not None else rooms_of_both(rollout)
    with transaction.atomic():
        # Not while a death is being declared: that looks for runs to cancel, and would not see this one yet.
        Rollout.objects.select_for_update().get(pk=rollout.pk)
        run = Run.objects.create(
            kind=RunKind.PARITY,
            source=rollout.source,
            target=rollout.target,
            epoch=rollout.epoch,
            expected=len(rooms),
            horizon_us=horizon_us,
            whole=room is None,
            follows=follows,
        )
        Segment.objects.bulk_create(
            [Segment(run=run, number=number, label=label) for number, label in enumerate(rooms)]
        )
        record(actor=actor, action="parity.start", subject=f"run {run.pk}", reason=reason, after={"rooms": len(rooms)})
    return run


def rooms_of_both(rollout: Rollout) -> list[str]:
    """Sorted. Left out: rooms whose name no CQL store can hold, where every item is in quarantine."""
    stores = [open_store(StoreId(store), Role.WORKER) for store in (rollout.source, rollout.target)]
    return sorted({room for store in stores for room in store.rooms() if room and is_storable(room)})


def work(segment_id: int) -> float | None:
    """Compares one room: the seconds until it should be queued again, None if it should not (see `attempt`)."""
    return attempt(segment_id, _compare)


def _compare(segment: Segment, lease: Lease) -> bool:
    run = segment.run
    source, target = (open_store(StoreId(store), Role.WORKER) for store in (run.source, run.target))
    result = compare(segment.label, source, target, horizon_us=run.horizon_us or 0, alive=Pulse(lease))
    _keep_result(segment, lease, result)
    return True


def _keep_result(segment: Segment, lease: Lease, result: RoomResult) -> None:
    rows = [
        Difference(
            run=segment.run,
            kind=kind,
            room=pair.known.room,
            name=pair.known.name,
            time=pair.known.time,
            digest_source=digest_of(pair.source),
            digest_target=digest_of(pair.target),
        )
        for kind, pair in result.differences
    ]
    with transaction.atomic():
        finish(lease, result=result.as_json(), read=result.source.count)
        Difference.objects.bulk_create(rows)


def close_if_done(run_id: int) -> Run:
    """Closes the run when no room is left. Safe to call at any time, from anywhere."""
    run = Run.objects.get(pk=run_id)
    if not is_over(run):
        return run
    with transaction.atomic():
        run = lock_for_ending(run_id)
        if is_over(run):
            _close(run)
    return run


def _close(run: Run) -> None:
    run.error = trouble(run)
    run.state = RunState.FAILED if run.error else RunState.DONE
    run.finished_at = timezone.now()
    run.save()
    if run.whole and run.follows and totals(run)["clean"]:
        complete_by_parity(run)


def totals(run: Run) -> dict[str, Any]:
    """Counts over all rooms, and one digest a side that changes if any room's does."""
    sums: dict[str, Any] = dict.fromkeys(COUNTS, 0)
    digests = {"digest_source": 0, "digest_target": 0}
    for result in run.segments.exclude(result={}).values_list("result", flat=True):
        for name in COUNTS:
            sums[name] += result[name]
        for name in digests:
            digests[name] = (digests[name] + int(result[name], 16)) % (1 << 128)
    states = dict(run.segments.values_list("state").annotate(Count("pk")))
    return {
        **sums,
        **{name: f"{value:032x}" for name, value in digests.items()},
        "rooms": run.segments.count(),
        "rooms_done": states.get(SegmentState.DONE, 0),
        "clean": run.state == RunState.DONE and not any(sums[kind] for kind in ("missing", "extra", "different")),
    }
