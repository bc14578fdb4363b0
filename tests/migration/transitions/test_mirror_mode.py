"""The mirror's mode is changed by an epoch of its own, and never while the mirror answers reads (protocol W9)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.db import connections

from chat.conf import Role
from chat.data import Comment, Endpoint, StoreId
from chat.routing.router import Router
from chat.stores.base import Store
from chat.stores.memory import MemoryStore
from migration.enums import MirrorMode, Phase, Step, WriteFlag
from migration.exceptions import IllegalMove, Refused, StillWaiting
from migration.flags.admissions import Admissions
from migration.flags.policy import RoutedPolicy
from migration.models import AuditEvent, Rollout, Route
from migration.transitions.moving import carry_out
from migration.transitions.planning import Wish
from tests.chat.routing.doubles import Remembered, held_by
from tests.migration.bed import run
from tests.migration.vectors import LATEST, POST, stand, wish, write_flag

SOURCE = StoreId.DYNAMODB


def mirroring(mode: MirrorMode, endpoint: Endpoint = POST) -> Wish:
    return Wish(endpoint=endpoint, verb="mirror", actor="ada", reason="a test", mirror=mode)


def mode_now() -> str:
    return Route.objects.get(endpoint=POST).mirror_mode


def test_a_change_of_the_mode_is_a_transition_of_its_own(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.SHADOW)
    done = carry_out(mirroring(MirrorMode.ASYNC), wait=1)
    assert (done.step, done.epoch, done.mirror_mode, mode_now()) == (Step.DONE, 2, "async", "async")
    assert write_flag() is WriteFlag.SOURCE_MIRROR
    event = AuditEvent.objects.get()
    assert (event.action, event.before["mirror"], event.after["mirror"]) == ("route.mirror", "sync", "async")


@pytest.mark.parametrize("phase", [Phase.LEGACY, Phase.CUTOVER, Phase.DECOMMISSION])
def test_only_in_dual(rollout: Rollout, phase: Phase) -> None:
    stand(rollout, write=phase, reads=Phase.LEGACY if phase is Phase.LEGACY else Phase.DECOMMISSION)
    with pytest.raises(IllegalMove, match=f"post_comment is in {phase}"):
        carry_out(mirroring(MirrorMode.ASYNC))
    with pytest.raises(IllegalMove, match="only a write endpoint"):
        carry_out(mirroring(MirrorMode.ASYNC, LATEST))


def test_a_read_goes_to_the_mirror_only_once_answers_wait_for_it_again(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.SHADOW)
    carry_out(mirroring(MirrorMode.ASYNC), wait=1)
    with pytest.raises(Refused, match="route mirror post_comment sync"):
        carry_out(wish(LATEST), wait=1)
    carry_out(mirroring(MirrorMode.SYNC), wait=1)
    assert carry_out(wish(LATEST), wait=1).step == Step.DONE
    with pytest.raises(Refused, match="latest_comments would be answered from it"):
        carry_out(mirroring(MirrorMode.ASYNC), wait=1)


def test_any_other_move_of_the_writes_ends_the_mode(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL)
    carry_out(mirroring(MirrorMode.ASYNC), wait=1)
    carry_out(wish(POST, "rollback"), wait=1)
    assert (write_flag(), mode_now()) == (WriteFlag.SOURCE, "sync")


def test_an_operator_sees_the_mode(rollout: Rollout) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.DUAL)
    done = run("route", "mirror", "post_comment", "async", "--reason", "fill it first")
    assert (done.code, done.out.partition(", epoch")[0]) == (
        0,
        "mirror post_comment: dual to dual, mirror async, done",
    )
    assert "source+mirror (async)" in run("route", "status").out


class Gated(MemoryStore):
    """A mirror that takes nothing before its gate is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def upsert(self, comment: Comment) -> None:
        assert self.gate.wait(30)
        super().upsert(comment)


@dataclass
class Service:
    """One process that obeys the real control plane; its stores are in memory."""

    source: MemoryStore = field(default_factory=MemoryStore)
    target: Gated = field(default_factory=Gated)
    policy: RoutedPolicy = field(default_factory=lambda: RoutedPolicy(kind="web"))

    def __post_init__(self) -> None:
        self.router = Router(policy=self.policy, recorder=Remembered(), open_store=self.open_store)

    def open_store(self, store_id: StoreId, role: Role) -> Store:
        return self.source if store_id is SOURCE else self.target


@pytest.fixture
def service(rollout: Rollout, control: Path) -> Iterator[Service]:
    stand(rollout, write=Phase.DUAL, reads=Phase.SHADOW)
    Route.objects.filter(endpoint=POST).update(mirror_mode=MirrorMode.ASYNC)
    service = Service()
    service.policy.start()
    yield service
    service.target.gate.set()
    service.router.afterwards.close()
    service.policy.close()


def answered_and_not_mirrored(service: Service) -> list[Comment]:
    """After the change to `sync` was confirmed by every process, as long as it takes: what a reader would miss."""
    accepted = service.router.post(room="chat", name="ann", text="hi").comment
    with ThreadPoolExecutor(1) as threads:
        opening = threads.submit(_open_later, service.target.gate)
        carry_out(mirroring(MirrorMode.SYNC), wait=20)
        seen = held_by(service.target)
        opening.result(30)
    return [comment for comment in [accepted] if comment not in seen]


def _open_later(gate: threading.Event) -> None:
    threading.Event().wait(1.0)
    gate.set()
    connections["default"].close()


def test_nobody_confirms_the_sync_mode_while_an_answer_is_not_mirrored_yet(service: Service) -> None:
    service.router.post(room="chat", name="ann", text="hi")
    with pytest.raises(StillWaiting, match="web"):
        carry_out(mirroring(MirrorMode.SYNC), wait=0.5)
    service.target.gate.set()
    assert carry_out(mirroring(MirrorMode.SYNC), wait=20).step == Step.DONE


def test_once_confirmed_every_answer_is_in_the_mirror(service: Service) -> None:
    assert answered_and_not_mirrored(service) == []


def test_if_processes_confirmed_without_waiting_a_reader_would_miss_one(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof of the test above: without the admission that outlives the answer it finds a loss."""
    monkeypatch.setattr(Admissions, "confirmable", lambda gate: gate.snapshot.epoch)
    assert len(answered_and_not_mirrored(service)) == 1
