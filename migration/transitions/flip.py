"""The flip: one database transaction that makes a new epoch, with every condition checked again inside (F3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from chat.clock import wall_us
from migration.audit.record import record
from migration.enums import MirrorMode, Phase, ReadFlag, Step, WriteFlag
from migration.exceptions import LostRace, Refused
from migration.flags.wake import wake_holders
from migration.guards.answer import Answer
from migration.models import Rollout, Route, StoreState, Transition
from migration.transitions.closing import finish

# Which stores a write flag writes, by role. In a hold nothing is written, and nothing stops being mirrored either.
WRITES_SOURCE = (WriteFlag.SOURCE, WriteFlag.SOURCE_MIRROR, WriteFlag.TARGET_MIRROR, WriteFlag.HELD)
WRITES_TARGET = (WriteFlag.SOURCE_MIRROR, WriteFlag.TARGET_MIRROR, WriteFlag.TARGET, WriteFlag.HELD)


@dataclass(frozen=True, slots=True)
class Change:
    """The row one route shall have from the new epoch on."""

    phase: Phase
    read: ReadFlag
    write: WriteFlag
    ramp: int
    mirror: MirrorMode = MirrorMode.SYNC
    shadow: int = 0


def flip(
    moving: Transition,
    change: Change,
    *,
    epoch_before: int,
    step_before: Step,
    step_after: Step,
    conditions: Callable[[], list[Answer]] = list,
    ending: str | None = None,
) -> int:
    """The new epoch. `epoch_before` is the one the move was planned under; `ending` says why this is its last step.

    Raises `LostRace` if another flip came first or another process went on with this transition, `Refused` if a guard
    fails. Holders are listed only after this has committed (protocol F3).
    """
    with transaction.atomic(durable=True):
        epoch = _raise_epoch(moving.rollout_id, epoch_before)
        # First the lock on the rollout, then the look. Whoever decides by flags locks that row too, so that nobody
        # decides by what this changes; what else comes before the commit is as if it came after it (decision 0009).
        if not Transition.objects.filter(pk=moving.pk, step=step_before).update(step=step_after, epoch=epoch):
            raise LostRace(f"transition {moving.pk} was taken on or aborted by another process")
        failed = [answer.reason for answer in conditions() if not answer.ok]
        if failed:
            raise Refused(failed)
        before = _apply(moving, change, epoch)
        _void_what_is_written_no_more(moving, before, change.write, epoch)
        _audit(moving, before, change, epoch)
        transaction.on_commit(wake_holders)
        if ending is not None:
            finish(moving, ending)
    moving.refresh_from_db()
    return epoch


def _raise_epoch(rollout_id: int, before: int) -> int:
    """Compare-and-set. An unchanged epoch means that no route has changed either since the move was planned."""
    if not Rollout.objects.filter(pk=rollout_id, epoch=before).update(epoch=before + 1):
        raise LostRace(f"epoch {before} is over: another move came first; look at `manage.py route status`")
    return before + 1


def _apply(moving: Transition, change: Change, epoch: int) -> Route:
    """Returns the route as it was."""
    before = Route.objects.get(rollout=moving.rollout_id, endpoint=moving.endpoint)
    Route.objects.filter(pk=before.pk).update(
        phase=change.phase,
        read_flag=change.read,
        write_flag=change.write,
        ramp_percent=change.ramp,
        shadow_percent=change.shadow,
        mirror_mode=change.mirror,
        version=epoch,
    )
    return before


def _void_what_is_written_no_more(moving: Transition, before: Route, after: WriteFlag, epoch: int) -> None:
    """A store that is written no more misses what comes next, so it is not complete any longer (protocol F2)."""
    for role, written in (("source", WRITES_SOURCE), ("target", WRITES_TARGET)):
        if WriteFlag(before.write_flag) in written and after not in written and after is not WriteFlag.NONE:
            mine = StoreState.objects.filter(rollout=moving.rollout_id, store=getattr(moving.rollout, role))
            # Locked before it is read: a backfill that ends at this moment sets it complete.
            for state in mine.select_for_update():
                mine.update(complete=False, evidence=_stopped(state, epoch))


def _stopped(state: StoreState, epoch: int) -> dict[str, Any]:
    """`stopped_us`, by the wall clock: before it the store had everything, so a reverse backfill begins there (F2).

    Mirrored again and stopped again without one, it still lacks the first gap: the first stop counts. A store that was
    not complete for another reason has no such instant, and is filled up whole.
    """
    evidence = {"voided_by": f"epoch {epoch} stopped writing it", "epoch": epoch}
    stopped = wall_us() if state.complete else state.evidence.get("stopped_us")
    return evidence | ({} if stopped is None else {"stopped_us": stopped})


def _audit(moving: Transition, before: Route, change: Change, epoch: int) -> None:
    record(
        actor=moving.actor,
        action=f"route.{moving.verb}",
        subject=moving.endpoint,
        reason=moving.reason,
        before={
            "epoch": epoch - 1,
            "phase": before.phase,
            "read": before.read_flag,
            "write": before.write_flag,
            "ramp": before.ramp_percent,
            "shadow": before.shadow_percent,
            "mirror": before.mirror_mode,
        },
        after={
            "epoch": epoch,
            "phase": change.phase,
            "read": change.read,
            "write": change.write,
            "ramp": change.ramp,
            "shadow": change.shadow,
            "mirror": change.mirror,
            "transition": moving.pk,
        },
    )
