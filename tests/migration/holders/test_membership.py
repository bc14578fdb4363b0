"""One process among the holders: heartbeats when due, each epoch confirmed once."""

from __future__ import annotations

import pytest

from migration.enums import HolderState
from migration.holders import membership as module
from migration.holders.heartbeat import beat
from migration.holders.identity import Identity
from migration.holders.membership import Membership
from migration.models import Holder, Rollout


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "monotonic", clock)
    return clock


def beats() -> int:
    return Holder.objects.get(state=HolderState.LIVE).beats


def test_a_heartbeat_goes_out_once_a_second_however_often_it_is_asked_for(rollout: Rollout, clock: Clock) -> None:
    member = Membership("web")
    for now in (100.0, 100.5, 100.9, 101.0, 101.5, 102.0):
        clock.now = now
        member.keep_up()
    assert beats() == 2


def test_a_process_that_freezes_after_its_heartbeat_does_not_count_it_as_fresh(
    rollout: Rollout, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = Membership("web")
    clock.now = 101.0

    def freeze(holder_id: int, who: Identity, *, issued_us: int) -> bool:
        beaten = beat(holder_id, who, issued_us=issued_us)
        clock.now += 60.0
        return beaten

    monkeypatch.setattr(module, "beat", freeze)
    member.keep_up()
    monkeypatch.setattr(module, "beat", beat)
    member.keep_up()
    assert beats() == 2


def test_an_epoch_is_confirmed_by_one_write(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    confirmed: list[int] = []
    monkeypatch.setattr(module, "acknowledge", lambda holder_id, who, epoch: confirmed.append(epoch))
    member = Membership("web")
    for epoch in (1, 1, 2, 2):
        member.confirm(epoch)
    assert confirmed == [1, 2]


def test_the_heartbeat_carries_the_last_instant(rollout: Rollout, clock: Clock) -> None:
    member = Membership("web")
    last = member.next_instant()
    clock.now += 1.0
    member.keep_up()
    assert Holder.objects.get().issued_us == last


def test_a_new_registration_begins_with_nothing_confirmed(rollout: Rollout, clock: Clock) -> None:
    member = Membership("web")
    member.confirm(1)
    Holder.objects.update(state=HolderState.DEAD)
    clock.now += 1.0
    member.keep_up()
    assert Holder.objects.get(state=HolderState.LIVE).acked_epoch == 0
    member.confirm(1)
    assert Holder.objects.get(state=HolderState.LIVE).acked_epoch == 1
    # Until the flags were read under the new registration.
    assert member.lost is True
    member.looked()
    assert member.lost is False


def test_a_process_without_a_slot_takes_none_and_names_no_instant(rollout: Rollout, clock: Clock) -> None:
    member = Membership("worker", slotless=True)
    assert Holder.objects.get().slot is None
    with pytest.raises(RuntimeError, match="a worker has no clock slot"):
        member.next_instant()
    clock.now += 1.0
    member.keep_up()
    member.leave()
    gone = Holder.objects.get()
    assert (gone.beats, gone.issued_us, gone.state) == (1, 0, HolderState.LEFT)
