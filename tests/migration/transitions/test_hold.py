"""The write authority moves through a hold, ended by the flip or the abort alone, and never beyond its limit (F6)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from chat.clock import wall_us
from chat.conf import Role
from chat.data import Comment, StoreId
from chat.exceptions import StoreUnavailable
from chat.stores.memory import MemoryStore
from migration.enums import DebtState, Phase, Step, WriteFlag
from migration.exceptions import LostRace, Refused
from migration.flags.policy import RoutedPolicy
from migration.models import AuditEvent, Debt, Rollout, Transition
from migration.transitions import hold as module
from migration.transitions import paying
from migration.transitions.flip import flip
from migration.transitions.hold import abort_hold
from migration.transitions.moving import carry_out
from tests.migration.transitions.conftest import Inject
from tests.migration.vectors import (
    LATEST,
    POST,
    epoch_of,
    holder,
    is_complete,
    owe,
    stand,
    wish,
    write_flag,
)

SetBound = Callable[[float], None]
SOURCE, TARGET = StoreId.DYNAMODB, StoreId.SCYLLA_ROOM


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> dict[StoreId, MemoryStore]:
    """What debts are paid into. The engines themselves are not what these tests are about."""
    stores = {SOURCE: MemoryStore(), TARGET: MemoryStore()}

    def open_store(store_id: StoreId, role: Role) -> MemoryStore:
        return stores[store_id]

    monkeypatch.setattr(paying, "open_store", open_store)
    return stores


@pytest.fixture
def policy(rollout: Rollout) -> Iterator[RoutedPolicy]:
    """A real process's policy, with its threads."""
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER)
    policy = RoutedPolicy(kind="web")
    policy.start()
    yield policy
    policy.close()


def last() -> Transition:
    return Transition.objects.order_by("-pk")[0]


def held_ms() -> float:
    length = last().hold_ms
    assert length is not None
    return length


def went_back(rollout: Rollout, reason: str, *, epoch: int = 3) -> bool:
    """Old authority, both stores still complete, all on record."""
    Rollout.objects.get(pk=rollout.pk, moving=False, epoch=epoch)
    assert is_complete("dynamodb")
    assert is_complete("scylla-room")
    assert [event.after["write"] for event in AuditEvent.objects.order_by("pk")] == ["held", "source+mirror"]
    assert last().finished_at is not None
    return (last().step, write_flag()) == (Step.ABORTED, WriteFlag.SOURCE_MIRROR) and reason in last().detail


def test_the_authority_moves_and_moves_back(rollout: Rollout, policy: RoutedPolicy) -> None:
    done = carry_out(wish(POST), wait=10)
    assert (done.step, done.epoch, done.holders) == (Step.DONE, 3, 1)
    assert done.hold_ms is not None
    assert 0 < done.hold_ms < 2500
    with policy.admit_write() as route:
        assert (route.epoch, route.authority, route.mirror) == (3, TARGET, SOURCE)
    back = carry_out(wish(POST, "rollback"), wait=10)
    assert (back.step, back.epoch, write_flag()) == (Step.DONE, 5, WriteFlag.SOURCE_MIRROR)
    assert [event.after["write"] for event in AuditEvent.objects.order_by("pk")] == [
        "held",
        "target+mirror",
        "held",
        "source+mirror",
    ]
    assert is_complete("dynamodb")
    assert is_complete("scylla-room")


def test_it_waits_for_the_last_older_write_and_pays_what_that_one_left_owed(
    rollout: Rollout, policy: RoutedPolicy, stores: dict[StoreId, MemoryStore]
) -> None:
    """The write is admitted before the hold, and its mirror fails during it."""
    admitted, seen = threading.Event(), []

    def write() -> None:
        with policy.admit_write() as route:
            admitted.set()
            time.sleep(0.4)
            seen.append((route.authority, write_flag()))
            owe(time_us=77)
        connections["default"].close()

    writer = threading.Thread(target=write)
    writer.start()
    assert admitted.wait(5)
    done = carry_out(wish(POST), wait=10)
    writer.join()
    assert seen == [(SOURCE, WriteFlag.HELD)]
    assert (done.step, write_flag()) == (Step.DONE, WriteFlag.TARGET_MIRROR)
    assert [comment.time_us for comment in stores[TARGET].stream_room("chat")] == [77]
    assert done.hold_ms is not None
    assert done.hold_ms >= 300


def test_a_writer_that_comes_in_a_hold_is_admitted_under_the_new_authority(
    rollout: Rollout, policy: RoutedPolicy, inject: Inject
) -> None:
    """Its instant is issued after the flip (protocol T2)."""
    routes, issued = [], []

    def write() -> None:
        with policy.admit_write() as route:
            routes.append(route)
            issued.append(policy.next_instant())

    writer = threading.Thread(target=write)
    flipped: list[int] = []

    def come() -> None:
        writer.start()
        time.sleep(0.3)
        assert routes == []
        flipped.append(wall_us())

    inject(module, "_release", come)
    carry_out(wish(POST), wait=10)
    writer.join(5)
    assert [(route.epoch, route.authority) for route in routes] == [(3, TARGET)]
    assert issued[0] > flipped[0]


def test_a_writer_that_does_not_confirm_aborts_it_at_the_limit(
    rollout: Rollout, policy: RoutedPolicy, bounded: SetBound
) -> None:
    bounded(1.0)
    silent = holder(acked=1)
    began = time.monotonic()
    with pytest.raises(Refused, match="did not confirm"):
        carry_out(wish(POST), wait=0.5)
    assert time.monotonic() - began < 3
    assert went_back(rollout, f"writes were held, but did not confirm: {silent}")
    assert 500 <= held_ms() < 1000
    policy.poll()
    with policy.admit_write() as route:
        assert (route.epoch, route.authority) == (3, SOURCE)


class Away(MemoryStore):
    def upsert(self, comment: Comment) -> None:
        raise StoreUnavailable(self.id, "nobody there")


class Slow(MemoryStore):
    def upsert(self, comment: Comment) -> None:
        time.sleep(1.2)


@pytest.mark.parametrize("store", [Away(), Slow()])
def test_debts_to_the_new_authority_that_cannot_be_paid_abort_it(
    rollout: Rollout,
    policy: RoutedPolicy,
    stores: dict[StoreId, MemoryStore],
    bounded: SetBound,
    store: MemoryStore,
) -> None:
    bounded(1.0)
    stores[TARGET] = store
    owe()
    with pytest.raises(Refused, match="scylla-room: 1 comments owed to it"):
        carry_out(wish(POST), wait=5)
    assert went_back(rollout, "1 comments owed to it")
    # Waiting writers are let go before their own bound of a second.
    assert held_ms() < 1000
    assert Debt.objects.get().state == DebtState.OPEN


def test_a_debt_recorded_between_payment_and_flip_aborts_it(
    rollout: Rollout, policy: RoutedPolicy, stores: dict[StoreId, MemoryStore], inject: Inject
) -> None:
    inject(module, "_release", owe)
    with pytest.raises(Refused, match="1 comments owed to it, 0 unsettled"):
        carry_out(wish(POST), wait=5)
    assert went_back(rollout, "1 comments owed to it")


def test_an_unsettled_write_that_cannot_be_settled_aborts_it(
    rollout: Rollout, policy: RoutedPolicy, stores: dict[StoreId, MemoryStore], inject: Inject
) -> None:
    inject(module, "_release", lambda: owe(state=DebtState.UNSETTLED))
    with pytest.raises(Refused, match="1 unsettled"):
        carry_out(wish(POST), wait=5)
    assert went_back(rollout, "1 unsettled")


def test_a_holder_that_registers_before_the_flip_and_has_not_confirmed_aborts_it(
    rollout: Rollout, policy: RoutedPolicy, inject: Inject
) -> None:
    """It may be one that was declared dead and came back, with an older write still under way (F3, F9)."""
    inject(module, "_release", lambda: holder(acked=1))
    with pytest.raises(Refused, match="not yet on epoch 2"):
        carry_out(wish(POST), wait=5)
    assert went_back(rollout, "not yet on epoch 2")


@pytest.mark.parametrize("where", ["_let_older_work_end", "_release", "pay_until"])
@pytest.mark.parametrize("fault", [KeyboardInterrupt(), RuntimeError("a defect")])
def test_ctrl_c_and_defects_end_the_hold(
    rollout: Rollout,
    policy: RoutedPolicy,
    inject: Inject,
    where: str,
    fault: BaseException,
) -> None:
    def fail() -> None:
        raise fault

    inject(module, where, fail)
    with pytest.raises(type(fault)):
        carry_out(wish(POST), wait=5)
    assert went_back(rollout, str(fault) or "interrupted")


def test_ctrl_c_right_after_the_hold_began_ends_it(
    rollout: Rollout, policy: RoutedPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flip has committed, but has not returned."""

    def flip_and_interrupt(moving: Transition, *args: Any, **kwargs: Any) -> int:
        epoch = flip(moving, *args, **kwargs)
        if kwargs["step_after"] == Step.HELD:
            raise KeyboardInterrupt
        return epoch

    monkeypatch.setattr(module, "flip", flip_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        carry_out(wish(POST), wait=5)
    assert went_back(rollout, "interrupted")


def test_ctrl_c_right_after_the_release_leaves_it_released(
    rollout: Rollout, policy: RoutedPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = module._release

    def release_and_interrupt(*args: Any) -> None:
        original(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_release", release_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        carry_out(wish(POST), wait=5)
    assert (last().step, write_flag(), epoch_of(rollout)) == (Step.FLIPPED, WriteFlag.TARGET_MIRROR, 3)
    assert carry_out(wish(POST), wait=5).step == Step.DONE
    assert write_flag() is WriteFlag.TARGET_MIRROR


def test_a_read_that_goes_back_ends_the_hold_of_another_command(
    rollout: Rollout, policy: RoutedPolicy, inject: Inject
) -> None:
    inject(module, "_release", lambda: carry_out(wish(LATEST, "rollback"), wait=5))
    with pytest.raises(LostRace):
        carry_out(wish(POST), wait=5)
    assert write_flag() is WriteFlag.SOURCE_MIRROR
    first = Transition.objects.get(endpoint=POST)
    assert (first.step, first.detail) == (Step.ABORTED, "overtaken by a read that goes back")
    assert epoch_of(rollout) == 4


def test_of_a_release_and_an_abort_at_once_one_counts(rollout: Rollout, policy: RoutedPolicy, inject: Inject) -> None:
    """Recovery believes this process gone and ends the hold just before its flip."""
    inject(module, "_release", lambda: abort_hold(last(), "believed gone"))
    with pytest.raises(LostRace):
        carry_out(wish(POST), wait=5)
    assert went_back(rollout, "believed gone")
    with pytest.raises(LostRace):
        abort_hold(Transition.objects.get(), "and again")


def test_what_a_guard_finds_before_the_hold_holds_nobody_up(rollout: Rollout, policy: RoutedPolicy) -> None:
    stand(rollout, write=Phase.DUAL, reads=Phase.CUTOVER, ramp=99)
    with pytest.raises(Refused, match="not served by the target alone"):
        carry_out(wish(POST), wait=5)
    assert (epoch_of(rollout), last().step, last().hold_ms) == (1, Step.REFUSED, None)


def test_going_back_to_a_source_that_misses_comments_is_refused(rollout: Rollout, policy: RoutedPolicy) -> None:
    stand(rollout, write=Phase.CUTOVER, reads=Phase.CUTOVER)
    rollout.stores.filter(store="dynamodb").update(complete=False)
    with pytest.raises(Refused, match="dynamodb is not complete"):
        carry_out(wish(POST, "rollback"), wait=5)
    assert write_flag() is WriteFlag.TARGET_MIRROR
