"""These tests begin with the rollout of a new installation; some with a store that can be cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytest_django import Settings

from chat.conf import Role, env
from chat.data import StoreId
from chat.stores import registry
from chat.stores.base import Deadlines, Store
from tests import engines
from tests.faults.wire import Wire
from tests.migration.bed import Bed
from tests.migration.debts import SOURCE
from tests.migration.vectors import rollout

__all__ = ["rollout"]

HASTY = Deadlines(connect=5.0, request=2.0)


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire(*engines.dynamodb_address())
    yield wire
    wire.close()


@pytest.fixture
def open_store(bed: Bed, wire: Wire) -> Callable[[StoreId, Role], Store]:
    """The real stores, DynamoDB over a wire that can be cut."""
    behind = engines.dynamo_store(bed.ground.table, port=wire.port, deadlines=HASTY)

    def open_store(store_id: StoreId, role: Role) -> Store:
        assert role is Role.WORKER
        return behind if store_id is SOURCE else registry.open_store(store_id, role)

    return open_store


@pytest.fixture
def few_attempts(bed: Bed, settings: Settings) -> int:
    settings.ENV = env().model_copy(update={"ledger_max_attempts": 4})
    return 4
