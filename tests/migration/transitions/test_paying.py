"""In a hold, the new authority gets what it is owed before the limit, or the move ends (protocol F6)."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from chat.conf import Role
from chat.data import Comment, StoreId
from chat.exceptions import StoreUnavailable
from chat.stores.memory import MemoryStore
from migration.enums import DebtState
from migration.exceptions import LostRace, Refused
from migration.models import Debt, Rollout
from migration.transitions import paying as module
from migration.transitions.paying import nothing_owed, pay_until
from tests.migration.vectors import owe

TARGET = StoreId.SCYLLA_ROOM


class Slow(MemoryStore):
    """Every write takes this long, as with an engine that is overloaded."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def upsert(self, comment: Comment) -> None:
        time.sleep(self.seconds)
        super().upsert(comment)


class Away(MemoryStore):
    tries = 0

    def upsert(self, comment: Comment) -> None:
        self.tries += 1
        raise StoreUnavailable(self.id, "nobody there")


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Callable[[MemoryStore], MemoryStore]:
    def use(store: MemoryStore) -> MemoryStore:
        def open_store(store_id: StoreId, role: Role) -> MemoryStore:
            return store

        monkeypatch.setattr(module, "open_store", open_store)
        return store

    return use


def soon() -> float:
    return time.monotonic() + 5


def no_lease() -> None:
    """Nobody looks."""


def test_what_is_owed_is_paid(rollout: Rollout, target: Callable[[MemoryStore], MemoryStore]) -> None:
    store = target(MemoryStore())
    debts = [owe(time_us=us) for us in range(3)]
    pay_until(soon(), TARGET, still=no_lease)
    assert sorted(comment.time_us for comment in store.stream_room("chat")) == [0, 1, 2]
    assert set(Debt.objects.values_list("state", flat=True)) == {DebtState.PAID}
    assert len(debts) == 3


def test_what_the_other_store_is_owed_can_wait(rollout: Rollout, target: Callable[[MemoryStore], MemoryStore]) -> None:
    store = target(MemoryStore())
    owe(holder="scylla-room", owed="dynamodb")
    pay_until(soon(), TARGET, still=no_lease)
    assert list(store.stream_room("chat")) == []
    assert Debt.objects.get().state == DebtState.OPEN


def test_a_store_that_is_away_is_tried_once_and_ends_it(
    rollout: Rollout, target: Callable[[MemoryStore], MemoryStore]
) -> None:
    store = target(Away())
    owe()
    began = time.monotonic()
    with pytest.raises(Refused, match="1 comments owed to it, 0 unsettled"):
        pay_until(soon(), TARGET, still=no_lease)
    assert time.monotonic() - began < 3
    assert isinstance(store, Away)
    assert store.tries == 1
    assert Debt.objects.get().state == DebtState.OPEN


def test_a_slow_store_does_not_prolong_the_hold(rollout: Rollout, target: Callable[[MemoryStore], MemoryStore]) -> None:
    target(Slow(1.5))
    owe()
    began = time.monotonic()
    with pytest.raises(Refused):
        pay_until(began + 0.3, TARGET, still=no_lease)
    assert time.monotonic() - began < 1.2
    # The payment under way is harmless, and ends by itself.
    deadline = time.monotonic() + 10
    while Debt.objects.get().state != DebtState.PAID and time.monotonic() < deadline:
        time.sleep(0.05)
    assert Debt.objects.get().state == DebtState.PAID


@pytest.mark.parametrize("state", [DebtState.FAILED, DebtState.CONFLICT])
def test_what_needs_the_operator_ends_it_at_once(
    rollout: Rollout, target: Callable[[MemoryStore], MemoryStore], state: DebtState
) -> None:
    target(MemoryStore())
    owe(state=state)
    began = time.monotonic()
    with pytest.raises(Refused):
        pay_until(soon(), TARGET, still=no_lease)
    assert time.monotonic() - began < 3


def test_the_lease_is_kept_meanwhile_and_its_loss_ends_it(
    rollout: Rollout, target: Callable[[MemoryStore], MemoryStore]
) -> None:
    target(Slow(0.4))
    owe()

    def lost() -> None:
        raise LostRace("taken over")

    with pytest.raises(LostRace):
        pay_until(soon(), TARGET, still=lost)


@pytest.mark.parametrize(
    ("state", "owed", "ok"),
    [
        (DebtState.OPEN, "scylla-room", False),
        (DebtState.CONFLICT, "scylla-room", False),
        (DebtState.FAILED, "scylla-room", False),
        (DebtState.PAID, "scylla-room", True),
        (DebtState.VOID, "scylla-room", True),
        (DebtState.OPEN, "dynamodb", True),
        # Wherever it is unsettled, it may be in the store that loses its authority.
        (DebtState.UNSETTLED, "dynamodb", False),
        (DebtState.UNSETTLED, "", False),
    ],
)
def test_what_counts_as_owed_to_the_new_authority(rollout: Rollout, state: DebtState, owed: str, ok: bool) -> None:
    owe(state=state, owed=owed)
    assert nothing_owed(TARGET).ok is ok
