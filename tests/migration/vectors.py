"""Puts a rollout straight into a vector, with holders and wishes, so that a test begins where it is about."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from django.utils import timezone

from chat.data import Endpoint
from migration.enums import DebtState, HolderState, Kind, Phase, Step, WriteFlag
from migration.flags.phases import row_of
from migration.models import Debt, Holder, Rollout, Route, StoreState, Transition
from migration.transitions.planning import Wish

READS = (Endpoint.LATEST_COMMENTS, Endpoint.COMMENTS_SINCE, Endpoint.ALL_COMMENTS)
"""The enabled ones."""
POST = Endpoint.POST_COMMENT
LATEST = Endpoint.LATEST_COMMENTS
numbers = count(1)


@pytest.fixture
def rollout(control: Path) -> Rollout:
    """The rollout of a new installation, in a control database of this test's own."""
    return Rollout.objects.get()


def stand(rollout: Rollout, *, write: Phase, reads: Phase, ramp: int = 100, complete: bool = True) -> None:
    """The write endpoint and every enabled read in these phases, both stores complete or the target not."""
    place(POST, write)
    for endpoint in READS:
        place(endpoint, reads, ramp=ramp if reads in (Phase.CUTOVER, Phase.DECOMMISSION) else 0)
    StoreState.objects.filter(store=rollout.target).update(complete=complete)
    rollout.refresh_from_db()


def place(endpoint: Endpoint, phase: Phase, *, ramp: int = 0) -> None:
    kind = Kind.WRITE if endpoint.writes else Kind.READ
    row = row_of(kind, phase)
    Route.objects.filter(endpoint=endpoint).update(
        phase=phase, read_flag=row.read, write_flag=row.write, ramp_percent=ramp
    )


def new_epoch(rollout: Rollout) -> int:
    """As a flip does, but for its conditions."""
    epoch = Rollout.objects.values_list("epoch", flat=True).get(pk=rollout.pk) + 1
    Rollout.objects.filter(pk=rollout.pk).update(epoch=epoch)
    return epoch


def flip_to(rollout: Rollout, endpoint: Endpoint, phase: Phase, *, ramp: int = 0) -> int:
    """Another process's flip, at once and unasked."""
    place(endpoint, phase, ramp=ramp)
    return new_epoch(rollout)


def hold(rollout: Rollout) -> int:
    """On the way from dual to cutover."""
    Route.objects.filter(endpoint=POST).update(phase=Phase.DUAL, write_flag=WriteFlag.HELD)
    return new_epoch(rollout)


def holder(*, acked: int = 0, state: HolderState = HolderState.LIVE, slot: int | None = None) -> Holder:
    """A process on another host: nobody here can prove it dead."""
    number = next(numbers)
    return Holder.objects.create(
        kind="web",
        host="another host",
        pid=number,
        started=number,
        slot=number % 100 if slot is None else slot,
        state=state,
        acked_epoch=acked,
    )


def owe(
    *, state: DebtState = DebtState.OPEN, holder: str = "dynamodb", owed: str = "scylla-room", time_us: int = 1
) -> Debt:
    """A debt of the comment `hi` that Ann posted in the room `chat`."""
    return Debt.objects.create(
        room="chat",
        name="ann",
        time_us=time_us,
        text="hi",
        holder=holder,
        owed=owed,
        state=state,
        cause="a test",
        next_try_at=timezone.now(),
    )


def wish(endpoint: Endpoint, verb: str = "advance", *, to: Phase | None = None, percent: int | None = None) -> Wish:
    return Wish(endpoint=endpoint, verb=verb, actor="ada", reason="a test", to=to, percent=percent)


def intent(
    endpoint: Endpoint,
    before: Phase,
    after: Phase,
    *,
    verb: str = "advance",
    step: Step = Step.INTENT,
    epoch: int | None = None,
) -> Transition:
    """The row of a transition, as far as `step`; nothing else is done."""
    return Transition.objects.create(
        rollout=Rollout.objects.get(),
        endpoint=endpoint,
        verb=verb,
        from_phase=before,
        to_phase=after,
        actor="ada",
        reason="a test",
        step=step,
        epoch=epoch,
    )


def phase_of(endpoint: Endpoint) -> Phase:
    return Phase(Route.objects.get(endpoint=endpoint).phase)


def write_flag() -> WriteFlag:
    return WriteFlag(Route.objects.get(endpoint=POST).write_flag)


def epoch_of(rollout: Rollout) -> int:
    return Rollout.objects.get(pk=rollout.pk).epoch


def is_complete(store: str) -> bool:
    return StoreState.objects.get(store=store).complete
