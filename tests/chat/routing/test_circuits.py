"""One breaker for each store of a process, which asks the store with a mirror's patience."""

from __future__ import annotations

from time import monotonic, sleep

from chat.conf import Role
from chat.data import StoreId
from chat.routing.circuits import Circuits
from chat.stores.base import Store
from chat.stores.memory import MemoryStore
from tests.chat.routing.doubles import SOURCE, TARGET


def test_each_store_has_its_own_and_always_the_same() -> None:
    circuits = Circuits(lambda store_id, role: MemoryStore())
    assert circuits.of(SOURCE) is circuits.of(SOURCE)
    circuits.of(SOURCE).trip("away")
    assert not circuits.of(TARGET).is_open
    circuits.close()


def test_the_store_is_asked_in_the_role_of_a_mirror() -> None:
    asked: list[tuple[StoreId, Role]] = []

    def open_store(store_id: StoreId, role: Role) -> Store:
        asked.append((store_id, role))
        return MemoryStore()

    circuits = Circuits(open_store)
    circuits.of(TARGET).trip("away")
    deadline = monotonic() + 10
    while circuits.of(TARGET).is_open:
        assert monotonic() < deadline
        sleep(0.02)
    assert asked == [(TARGET, Role.MIRROR)]
