"""A process is ready when every store that answers for it answers; all else is only said."""

from __future__ import annotations

from dataclasses import dataclass

from chat.exceptions import NotServing, StoreUnavailable
from chat.routing.ports import PolicyHealth
from chat.routing.readiness import Readiness, readiness
from chat.stores.memory import MemoryStore
from tests.chat.routing.doubles import Setting, Turned


class Down(MemoryStore):
    def ping(self) -> None:
        raise StoreUnavailable("the store", "nobody there")


@dataclass
class Superseded(Turned):
    def health(self) -> PolicyHealth:
        raise NotServing("declared dead")


@dataclass
class Cut(Turned):
    def health(self) -> PolicyHealth:
        health = super().health()
        return PolicyHealth(health.epoch, health.answering, health.following, degraded=("the database is away",))


def test_all_well() -> None:
    assert readiness(Setting().router) == Readiness(serving=True, epoch=1, why=())


def test_without_the_authority_it_is_not_ready() -> None:
    assert readiness(Setting(source=Down()).router) == Readiness(
        serving=False, epoch=1, why=("the store: nobody there",)
    )


def test_a_mirror_that_is_away_is_said_and_bearable() -> None:
    assert readiness(Setting(target=Down()).router) == Readiness(
        serving=True, epoch=1, why=("the store: nobody there",)
    )


def test_what_the_policy_calls_degraded_is_said() -> None:
    assert readiness(Setting(policy=Cut()).router) == Readiness(serving=True, epoch=1, why=("the database is away",))


def test_a_process_that_may_not_serve_is_not_ready() -> None:
    assert readiness(Setting(policy=Superseded()).router) == Readiness(
        serving=False, epoch=None, why=("declared dead",)
    )
