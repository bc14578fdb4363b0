"""These tests begin with the rollout of a new installation; some have policies, and a clock that they set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from migration.flags.policy import RoutedPolicy
from tests.migration.vectors import rollout

__all__ = ["rollout"]


@dataclass
class FakeMonotonic:
    """Only the monotonic clock is faked: all else about time is as it is."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def monotonic(monkeypatch: pytest.MonkeyPatch) -> FakeMonotonic:
    clock = FakeMonotonic()
    for module in ("migration.flags.policy", "migration.holders.membership"):
        monkeypatch.setattr(f"{module}.monotonic", clock)
    return clock


@pytest.fixture
def make() -> Iterator[Callable[[], RoutedPolicy]]:
    """Policies of this process that are closed at the end. Without `start` they poll only when told to."""
    made: list[RoutedPolicy] = []

    def make_one() -> RoutedPolicy:
        made.append(RoutedPolicy(kind="web"))
        return made[-1]

    yield make_one
    for policy in made:
        policy.close()
