"""A fixed backend that serves alone joins a rollout that appears later, or stops where it contradicts it (F10)."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from chat.exceptions import NotServing
from chat.routing import alone as module
from chat.routing.alone import LOOK_SECONDS, Alone
from chat.routing.ports import RoutingPolicy, WriteRoute
from tests.chat.routing.doubles import SOURCE, TARGET, Turned

OWN = WriteRoute(epoch=0, authority=SOURCE, mirror=None)
JOINED = WriteRoute(epoch=0, authority=SOURCE, mirror=TARGET)


class Rollout:
    """What the control plane says when it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.says: RoutingPolicy | Exception | None = None

    def register(self) -> RoutingPolicy | None:
        self.asked += 1
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def rollout() -> Rollout:
    return Rollout()


@pytest.fixture
def alone(time: list[float], rollout: Rollout) -> Alone:
    return Alone(Turned(write=OWN), rollout.register)


def route_of(policy: Alone) -> WriteRoute:
    with policy.admit_write() as route:
        return route


def test_it_looks_now_and_then_and_joins_once(alone: Alone, rollout: Rollout, time: list[float]) -> None:
    assert (route_of(alone), rollout.asked) == (OWN, 0)
    time[0] += LOOK_SECONDS + 1
    assert (route_of(alone), route_of(alone), rollout.asked) == (OWN, OWN, 1)
    rollout.says = Turned(write=JOINED)
    time[0] += LOOK_SECONDS + 1
    assert (route_of(alone), rollout.asked) == (JOINED, 2)
    time[0] += LOOK_SECONDS + 1
    assert (route_of(alone), rollout.asked) == (JOINED, 2)


def test_it_serves_nothing_while_the_phases_contradict_it(alone: Alone, rollout: Rollout, time: list[float]) -> None:
    rollout.says = NotServing("contradicts the rollout")
    time[0] += LOOK_SECONDS + 1
    for _ in range(2):
        with pytest.raises(NotServing, match="contradicts"):
            route_of(alone)
        with pytest.raises(NotServing, match="contradicts"):
            alone.health()
    rollout.says = None
    time[0] += LOOK_SECONDS + 1
    assert route_of(alone) == OWN


def test_a_control_database_that_does_not_answer_changes_nothing(
    alone: Alone, rollout: Rollout, time: list[float]
) -> None:
    away = NotServing("the control database does not answer")
    away.__cause__ = OperationalError("connection refused")
    rollout.says = away
    time[0] += LOOK_SECONDS + 1
    assert route_of(alone) == OWN
