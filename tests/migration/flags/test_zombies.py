"""A process that stood still acts on nothing older than what it finds when it wakes up (protocol F9)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connections

from chat.data import StoreId
from chat.exceptions import NotServing
from chat.routing.ports import WriteRoute
from migration.enums import HolderState, Phase
from migration.flags import policy as module
from migration.flags.policy import RoutedPolicy
from migration.flags.snapshot import Snapshot, load
from migration.models import Holder, Rollout
from tests.migration.flags.conftest import FakeMonotonic
from tests.migration.flags.test_policy import Injected
from tests.migration.vectors import POST, flip_to, place

Make = Callable[[], RoutedPolicy]
SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM
NOW = WriteRoute(epoch=2, authority=TARGET, mirror=SOURCE)


def route_of(policy: RoutedPolicy) -> WriteRoute:
    try:
        with policy.admit_write() as route:
            return route
    finally:
        connections["default"].close()


def poll(policy: RoutedPolicy) -> None:
    policy.poll()
    connections["default"].close()


def stand_still(rollout: Rollout, monotonic: FakeMonotonic) -> None:
    """Long enough to be declared dead, and for the authority to move."""
    Holder.objects.update(state=HolderState.DECLARED)
    flip_to(rollout, POST, Phase.CUTOVER)
    monotonic.advance(60.0)


def test_a_post_waits_for_the_look_that_is_under_way(
    rollout: Rollout, make: Make, monotonic: FakeMonotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watcher woke up first, and has not read the flags yet."""
    policy = make()
    stand_still(rollout, monotonic)
    looking, go_on = threading.Event(), threading.Event()

    def linger() -> None:
        looking.set()
        assert go_on.wait(20)

    monkeypatch.setattr(module, "STALE_WAIT_SECONDS", 20.0)
    monkeypatch.setattr(module, "load", Injected(before=linger))
    with ThreadPoolExecutor(2) as threads:
        watching = threads.submit(poll, policy)
        assert looking.wait(20)
        posting = threads.submit(route_of, policy)
        with pytest.raises(TimeoutError):
            posting.result(0.2)
        go_on.set()
        watching.result(20)
        assert posting.result(20) == NOW


def test_a_connection_that_was_cut_meanwhile_is_no_control_database_that_is_away(
    rollout: Rollout, make: Make, monotonic: FakeMonotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = make()
    stand_still(rollout, monotonic)
    cut = iter([True])

    def load_once_cut(known: Snapshot | None = None) -> Snapshot:
        for _ in cut:
            raise OperationalError("server closed the connection unexpectedly")
        return load(known)

    monkeypatch.setattr(module, "load", load_once_cut)
    assert route_of(policy) == NOW


def test_between_its_new_registration_and_its_next_look_it_admits_nothing(
    rollout: Rollout, make: Make, monotonic: FakeMonotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Declared dead while it lived, so nothing is stale; but flips have passed without it."""
    policy = make()
    Holder.objects.update(state=HolderState.DECLARED)
    flip_to(rollout, POST, Phase.CUTOVER)
    monotonic.advance(1.0)
    refused: list[bool] = []

    def post_meanwhile() -> None:
        with pytest.raises(NotServing, match="declared dead"):
            route_of(policy)
        refused.append(True)

    monkeypatch.setattr(module, "load", Injected(before=post_meanwhile))
    policy.poll()
    assert refused == [True]
    assert route_of(policy) == NOW


def test_an_older_database_that_comes_to_the_same_number_again_is_still_another_one(
    rollout: Rollout, make: Make
) -> None:
    """A copy from before was restored, and its own moves have raised its epoch to the one this process holds."""
    flip_to(rollout, POST, Phase.CUTOVER)
    policy = make()
    Rollout.objects.update(epoch=1)
    policy.poll()
    flip_to(rollout, POST, Phase.DUAL)
    for _ in range(2):
        policy.poll()
        with pytest.raises(NotServing, match="epoch"):
            route_of(policy)
    assert Holder.objects.get(state=HolderState.LIVE).acked_epoch == 2
    # As `route restored` does it: above what anybody has seen.
    place(POST, Phase.DUAL)
    Rollout.objects.update(epoch=3)
    policy.poll()
    assert route_of(policy) == WriteRoute(epoch=3, authority=SOURCE, mirror=TARGET)


def test_a_look_that_hangs_in_the_database_keeps_no_post_waiting_for_its_driver(
    rollout: Rollout, make: Make, monotonic: FakeMonotonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else looks meanwhile, so it is the post that begins the look; it goes on by the flags it has (F7)."""
    policy = make()
    go_on = threading.Event()

    def hang() -> None:
        go_on.wait(20)

    monkeypatch.setattr(module, "STALE_WAIT_SECONDS", 0.2)
    monkeypatch.setattr(module, "load", Injected(before=hang))
    monotonic.advance(60.0)
    began = time.monotonic()
    assert route_of(policy).epoch == 1
    assert route_of(policy).epoch == 1
    assert time.monotonic() - began < 5.0
    go_on.set()
    assert policy._begin_look().wait(20)
