"""What the hold, its confirmations and its payments are for: without any one of them an accepted comment goes missing.

One interleaving, injected: a write is admitted before the authority moves, its put is answered late, and its mirror
fails. The store that becomes the authority must have that comment all the same (protocol F6).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import pytest
from django.db import connections

from chat.conf import Role
from chat.data import Comment, StoreId
from chat.exceptions import StoreUnavailable
from chat.routing.router import Router
from chat.stores.base import PutResult, Store
from chat.stores.memory import MemoryStore
from migration.enums import Phase, Step, WriteFlag
from migration.flags.admissions import Admissions
from migration.flags.policy import RoutedPolicy
from migration.guards.answer import Answer, Move
from migration.guards.registry import ask
from migration.models import Rollout, Transition
from migration.transitions import hold, moving, paying
from migration.transitions.flip import flip
from migration.transitions.moving import carry_out
from tests.chat.routing.doubles import Faulty, held_by
from tests.migration.debts import LedgerOnly
from tests.migration.vectors import POST, stand, wish, write_flag

SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM


class Late(MemoryStore):
    """Its put takes until the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answer = threading.Event(), threading.Event()

    def put(self, comment: Comment) -> PutResult:
        self.asked.set()
        assert self.answer.wait(30)
        return super().put(comment)


@dataclass
class Service:
    """One process: its policy obeys the real control plane, its stores are in memory."""

    source: Late = field(default_factory=Late)
    target: Faulty = field(default_factory=lambda: Faulty(refused=[StoreUnavailable("scylla-room", "away")]))
    policy: RoutedPolicy = field(default_factory=lambda: RoutedPolicy(kind="web"))

    def open_store(self, store_id: StoreId, role: Role) -> Store:
        return self.source if store_id is SOURCE else self.target

    def post(self) -> Comment:
        router = Router(policy=self.policy, recorder=LedgerOnly(), open_store=self.open_store)
        try:
            return router.post(room="chat", name="ann", text="hi").comment
        finally:
            connections["default"].close()


@pytest.fixture
def service(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    service = Service()
    monkeypatch.setattr(paying, "open_store", service.open_store)
    service.policy.start()
    yield service
    service.policy.close()


def accepted_but_not_in_the_authority(service: Service) -> list[Comment]:
    """Moves the authority around a write that is under way, and looks in the new one for what was accepted."""
    with ThreadPoolExecutor(2) as threads:
        post: Future[Comment] = threads.submit(service.post)
        assert service.source.asked.wait(10)
        threads.submit(answer_later, service.source)
        done = carry_out(wish(POST), wait=20)
        accepted = post.result(20)
    assert (done.step, write_flag()) == (Step.DONE, WriteFlag.TARGET_MIRROR)
    assert held_by(service.source) == [accepted]
    return [comment for comment in held_by(service.source) if comment not in held_by(service.target)]


def answer_later(source: Late) -> None:
    """Well into the hold, or as soon as the authority has moved."""
    deadline = time.monotonic() + 1.0
    while write_flag() is not WriteFlag.TARGET_MIRROR and time.monotonic() < deadline:
        time.sleep(0.02)
    source.answer.set()
    connections["default"].close()


def flip_at_once(transition: Transition, move: Move) -> None:
    """The move as it would be without a hold."""
    flip(
        transition,
        hold.settled(move.after),
        epoch_before=move.rollout.epoch,
        step_before=Step.INTENT,
        step_after=Step.FLIPPED,
        conditions=partial(ask, move),
    )


def all_paid(owed: StoreId) -> Answer:
    return Answer("owed", ok=True, reason="not looked at")


def test_with_all_of_them_nothing_is_missing(service: Service) -> None:
    assert accepted_but_not_in_the_authority(service) == []


def test_without_the_hold_a_comment_is_missing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "move_authority", flip_at_once)
    assert len(accepted_but_not_in_the_authority(service)) == 1


def test_when_processes_confirm_before_their_older_writes_ended_a_comment_is_missing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Admissions, "confirmable", lambda gate: gate.snapshot.epoch)
    assert len(accepted_but_not_in_the_authority(service)) == 1


def test_when_debts_are_neither_paid_nor_looked_at_a_comment_is_missing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "pay_until", lambda deadline, owed, *, still: None)
    monkeypatch.setattr(hold, "nothing_owed", all_paid)
    assert len(accepted_but_not_in_the_authority(service)) == 1
