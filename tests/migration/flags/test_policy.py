"""A process obeys the control plane: registered before it looks, confirmed only when it acts so (protocol F3 to F9)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings

from chat.conf import env
from chat.data import StoreId
from chat.exceptions import NotServing, WritesHeld
from chat.routing.ports import PolicyHealth, WriteRoute
from migration.enums import HolderState, Phase
from migration.flags import policy as module
from migration.flags import watcher
from migration.flags.policy import RoutedPolicy, make_policy
from migration.flags.snapshot import Snapshot, load
from migration.flags.wake import wake_holders
from migration.models import Holder, Rollout
from migration.transitions.waiting import await_confirmation
from tests.migration import bed
from tests.migration.flags.conftest import FakeMonotonic
from tests.migration.vectors import LATEST, POST, flip_to, hold, holder

Make = Callable[[], RoutedPolicy]
NOWHERE = Path("/nonexistent/control.sqlite3")
SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM


def live() -> Holder:
    return Holder.objects.get(state=HolderState.LIVE)


def route_of(policy: RoutedPolicy) -> WriteRoute:
    with policy.admit_write() as route:
        return route


def soon(condition: Callable[[], bool], *, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


class Injected:
    """`load` as the policy calls it, with something done before or after its first call."""

    def __init__(self, *, before: Callable[[], Any] | None = None, after: Callable[[], Any] | None = None) -> None:
        self._before, self._after = before, after

    def __call__(self, known: Snapshot | None = None) -> Snapshot:
        before, self._before = self._before, None
        if before:
            before()
        found = load(known)
        after, self._after = self._after, None
        if after:
            after()
        return found


# Registration


def test_a_process_is_visible_before_it_reads_the_flags(
    rollout: Rollout, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flip that falls between the two must find the process missing, and the process must see the flip."""
    missing: list[tuple[str, ...]] = []

    def flip() -> None:
        epoch = flip_to(rollout, POST, Phase.DUAL)
        missing.append(await_confirmation(epoch, seconds=0).missing)

    monkeypatch.setattr(module, "load", Injected(before=flip))
    policy = make()
    assert missing == [(str(live()),)]
    assert route_of(policy) == WriteRoute(epoch=2, authority=SOURCE, mirror=TARGET)
    assert live().acked_epoch == 2


def test_a_flip_after_the_flags_were_read_is_not_confirmed(
    rollout: Rollout, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = make()
    monkeypatch.setattr(module, "load", Injected(after=lambda: flip_to(rollout, POST, Phase.DUAL)))
    policy.poll()
    assert (live().acked_epoch, route_of(policy).mirror) == (1, None)
    policy.poll()
    assert (live().acked_epoch, route_of(policy).mirror) == (2, TARGET)


def test_a_start_that_fails_half_way_leaves_no_holder_behind(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("gone for a moment")

    monkeypatch.setattr(module, "load", Injected(before=fail))
    with pytest.raises(NotServing, match="cannot register: gone for a moment"):
        make_policy()
    assert list(Holder.objects.values_list("state", flat=True)) == [HolderState.LEFT]


def test_without_the_control_database_a_process_does_not_start_to_serve(rollout: Rollout) -> None:
    with bed.control_database(NOWHERE), pytest.raises(NotServing, match="cannot register"):
        make_policy()


# Confirmation


def test_an_epoch_is_confirmed_when_the_older_write_has_ended(rollout: Rollout, make: Make) -> None:
    policy = make()
    with policy.admit_write() as route:
        flip_to(rollout, POST, Phase.DUAL)
        policy.poll()
        assert (route.epoch, live().acked_epoch) == (1, 1)
    policy.poll()
    assert live().acked_epoch == 2


def test_a_write_that_fails_has_ended_too(rollout: Rollout, make: Make) -> None:
    policy = make()

    def write_and_fail() -> None:
        with policy.admit_write():
            flip_to(rollout, POST, Phase.DUAL)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    policy.poll()
    assert live().acked_epoch == 2


def test_a_hold_is_confirmed_while_a_read_runs_and_admits_no_write(
    rollout: Rollout, make: Make, settings: Settings
) -> None:
    settings.ENV = env().model_copy(update={"hold_wait_seconds": 0.1})
    policy = make()
    with policy.admit_read(LATEST, "chat"):
        hold(rollout)
        policy.poll()
        assert live().acked_epoch == 2
        with pytest.raises(WritesHeld), policy.admit_write():
            pass
        with policy.admit_read(LATEST, "chat") as read:
            assert (read.epoch, read.store) == (2, SOURCE)


# Zombies


def test_a_holder_declared_dead_registers_anew_and_confirms_again(
    rollout: Rollout, make: Make, monotonic: FakeMonotonic
) -> None:
    policy = make()
    first = live()
    Holder.objects.update(state=HolderState.DEAD)
    monotonic.advance(1.0)
    policy.poll()
    assert live().pk != first.pk
    assert live().acked_epoch == 1
    Holder.objects.get(pk=first.pk, state=HolderState.DEAD)


def test_until_it_has_registered_anew_a_dead_holder_admits_no_write(
    rollout: Rollout, make: Make, monotonic: FakeMonotonic, settings: Settings
) -> None:
    policy = make()
    Holder.objects.update(state=HolderState.DEAD)
    settings.ENV = env().model_copy(update={"clock_slots": 2})
    others = [holder(slot=slot) for slot in (0, 1)]
    monotonic.advance(1.0)
    with pytest.raises(NotServing, match="slots are leased"):
        policy.poll()
    with pytest.raises(NotServing, match="declared dead"):
        route_of(policy)
    with pytest.raises(NotServing, match="declared dead"):
        policy.health()
    others[1].delete()
    policy.poll()
    assert route_of(policy).epoch == 1
    assert Holder.objects.filter(state=HolderState.LIVE).exclude(pk=others[0].pk).get().slot == 1


def test_instants_go_on_increasing_over_a_new_registration_and_a_clock_set_back(
    rollout: Rollout, make: Make, monotonic: FakeMonotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = make()
    before = policy.next_instant()
    Holder.objects.update(state=HolderState.DEAD)
    monotonic.advance(1.0)
    policy.poll()
    monkeypatch.setattr("chat.clock.time.time_ns", lambda: (before - 3_600_000_000) * 1000)
    after = policy.next_instant()
    assert before < after < before + 200
    assert after % 100 == live().slot != before % 100


def test_a_stale_process_looks_before_it_writes(rollout: Rollout, make: Make, monotonic: FakeMonotonic) -> None:
    policy = make()
    flip_to(rollout, POST, Phase.DUAL)
    monotonic.advance(5.0)
    assert route_of(policy).epoch == 1
    monotonic.advance(0.1)
    assert route_of(policy) == WriteRoute(epoch=2, authority=SOURCE, mirror=TARGET)


def test_a_process_that_froze_while_it_was_admitted_looks_again(
    rollout: Rollout, make: Make, monotonic: FakeMonotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = make()
    gate = policy._admissions
    enter, frozen = gate.enter_write, iter([True])

    def enter_and_freeze(*, wait: float) -> Snapshot:
        snapshot = enter(wait=wait)
        for _ in frozen:
            flip_to(rollout, POST, Phase.DUAL)
            monotonic.advance(60.0)
        return snapshot

    monkeypatch.setattr(gate, "enter_write", enter_and_freeze)
    assert route_of(policy).epoch == 2
    assert gate.confirmable() == 2


def test_a_process_that_froze_in_the_middle_of_a_poll_finds_itself_dead(
    rollout: Rollout, make: Make, monotonic: FakeMonotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The heartbeat had gone out before; by the time it wakes up it is dead, and two flips have passed."""
    policy = make()

    def freeze() -> None:
        Holder.objects.update(state=HolderState.DEAD)
        monotonic.advance(60.0)

    monotonic.advance(1.0)
    monkeypatch.setattr(module, "load", Injected(before=freeze))
    policy.poll()
    assert not Holder.objects.filter(state=HolderState.LIVE).exists()
    assert route_of(policy).epoch == 1
    assert live().acked_epoch == 1


# The control database away


def test_with_the_control_database_away_a_process_serves_on(
    rollout: Rollout, make: Make, monotonic: FakeMonotonic
) -> None:
    policy = make()
    with bed.control_database(NOWHERE):
        monotonic.advance(60.0)
        assert route_of(policy) == WriteRoute(epoch=1, authority=SOURCE, mirror=None)
        with policy.admit_read(LATEST, "chat") as read:
            assert read.store is SOURCE
        assert policy.health().degraded == ("the control database does not answer; serving on with the last flags",)
    policy.poll()
    assert policy.health().degraded == ()


def test_but_not_out_of_a_hold(rollout: Rollout, make: Make, monotonic: FakeMonotonic, settings: Settings) -> None:
    settings.ENV = env().model_copy(update={"hold_wait_seconds": 0.05})
    policy = make()
    hold(rollout)
    policy.poll()
    with bed.control_database(NOWHERE):
        for _ in range(3):
            monotonic.advance(60.0)
            with pytest.raises(WritesHeld):
                route_of(policy)
    flip_to(rollout, POST, Phase.LEGACY)
    monotonic.advance(6.0)
    assert route_of(policy).epoch == 3


def test_a_poll_that_hangs_costs_a_write_no_more_than_its_bound(
    rollout: Rollout, make: Make, monotonic: FakeMonotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = make()
    hangs, done = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        done.wait(10)

    monkeypatch.setattr(module, "STALE_WAIT_SECONDS", 0.2)
    monkeypatch.setattr(module, "load", Injected(before=hang))
    poller = threading.Thread(target=policy.poll)
    poller.start()
    assert hangs.wait(10)
    monotonic.advance(60.0)
    began = time.monotonic()
    assert route_of(policy).epoch == 1
    assert 0.2 <= time.monotonic() - began < 2
    # It counts as a try: the next write does not wait at all.
    began = time.monotonic()
    assert route_of(policy).epoch == 1
    assert time.monotonic() - began < 0.2
    done.set()
    poller.join(10)


# Waking up


def test_a_message_wakes_a_process_long_before_its_next_poll(
    rollout: Rollout, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "POLL_SECONDS", 60.0)
    policy = make()
    policy.start()
    time.sleep(0.3)

    def confirmed() -> bool:
        wake_holders()
        return live().acked_epoch == 2

    flip_to(rollout, POST, Phase.DUAL)
    assert soon(confirmed)


def test_without_redis_the_poll_finds_it(
    rollout: Rollout, make: Make, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENV = env().model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    monkeypatch.setattr(watcher, "POLL_SECONDS", 0.1)
    policy = make()
    policy.start()
    flip_to(rollout, POST, Phase.DUAL)
    assert soon(lambda: live().acked_epoch == 2)


def test_the_end_of_the_last_older_write_is_confirmed_at_once(
    rollout: Rollout, make: Make, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENV = env().model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    monkeypatch.setattr(watcher, "POLL_SECONDS", 60.0)
    policy = make()
    policy.start()
    with policy.admit_write():
        flip_to(rollout, POST, Phase.DUAL)
        policy.poll()
        assert live().acked_epoch == 1
    assert soon(lambda: live().acked_epoch == 2)


# The end


def test_a_process_leaves_with_its_last_instant_on_record(rollout: Rollout, make: Make) -> None:
    policy = make()
    last = policy.next_instant()
    policy.close()
    gone = Holder.objects.get()
    assert (gone.state, gone.issued_us) == (HolderState.LEFT, last)
    with pytest.raises(NotServing):
        route_of(policy)
    policy.poll()
    assert not Holder.objects.filter(state=HolderState.LIVE).exists()


def test_a_process_with_a_write_under_way_stays_registered(
    rollout: Rollout, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deregistered, no transition would wait for that write any more."""
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.05)
    policy = make()
    with policy.admit_write():
        policy.close()
        assert live().acked_epoch == 1


def test_health_names_the_stores_by_their_part(rollout: Rollout, make: Make) -> None:
    policy = make()
    assert policy.health() == PolicyHealth(1, answering=frozenset({SOURCE}), following=frozenset())
    flip_to(rollout, POST, Phase.DUAL)
    policy.poll()
    assert policy.health() == PolicyHealth(2, answering=frozenset({SOURCE}), following=frozenset({TARGET}))
