"""`/healthz` speaks of the process, `/readyz` of what it needs to serve."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.db import OperationalError
from django.test import Client

from chat.api import health
from chat.clock import Clock
from chat.conf import Role
from chat.data import Endpoint, StoreId
from chat.exceptions import NotServing, StoreUnavailable
from chat.routing.ports import PolicyHealth, ReadRoute, WriteRoute
from chat.routing.process import use_router
from chat.routing.router import Router
from chat.stores.base import Store
from chat.stores.memory import MemoryStore
from tests.chat.api.conftest import NoDebts


class Down(MemoryStore):
    def ping(self) -> None:
        raise StoreUnavailable("memory", "127.0.0.1:9 refused")


@dataclass(frozen=True)
class Policy:
    """A routing policy in a given condition; `fault` stands for a process the control plane refuses."""

    condition: PolicyHealth
    fault: NotServing | None = None

    @contextmanager
    def admit_write(self) -> Iterator[WriteRoute]:
        yield WriteRoute(epoch=0, authority=StoreId.MEMORY, mirror=None)

    @contextmanager
    def admit_read(self, endpoint: Endpoint, key: str) -> Iterator[ReadRoute]:
        yield ReadRoute(epoch=0, store=StoreId.MEMORY)

    def keep(self, route: WriteRoute) -> Callable[[], None]:
        raise AssertionError("nothing is mirrored")

    def next_instant(self) -> int:
        return Clock(slot=0).next()

    def health(self) -> PolicyHealth:
        if self.fault:
            raise self.fault
        return self.condition

    def close(self) -> None:
        """Holds nothing."""


def router(stores: dict[StoreId, Store], policy: Policy) -> Router:
    def opened(store: StoreId, role: Role) -> Store:
        return stores[store]

    return Router(policy=policy, recorder=NoDebts(), open_store=opened)


ANSWERING = frozenset({StoreId.MEMORY})
FOLLOWING = frozenset({StoreId.DYNAMODB})


def condition(*, following: frozenset[StoreId] = frozenset(), degraded: tuple[str, ...] = ()) -> PolicyHealth:
    return PolicyHealth(epoch=4, answering=ANSWERING, following=following, degraded=degraded)


def test_a_process_is_healthy_with_everything_else_down(client: Client) -> None:
    with use_router(router({StoreId.MEMORY: Down()}, Policy(condition()))):
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_when_its_store_answers(client: Client) -> None:
    with use_router(router({StoreId.MEMORY: MemoryStore()}, Policy(condition()))):
        assert client.get("/readyz").json() == {"status": "ok", "why": [], "epoch": 4}


def test_a_mirror_that_is_away_only_degrades(client: Client) -> None:
    stores: dict[StoreId, Store] = {StoreId.MEMORY: MemoryStore(), StoreId.DYNAMODB: Down()}
    with use_router(router(stores, Policy(condition(following=FOLLOWING, degraded=("redis is away",))))):
        response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "degraded",
        "why": ["memory: 127.0.0.1:9 refused", "redis is away"],
        "epoch": 4,
    }


def test_not_ready_when_no_store_answers(client: Client) -> None:
    with use_router(router({StoreId.MEMORY: Down()}, Policy(condition()))):
        ready, status = client.get("/readyz"), client.get("/")
    assert (ready.status_code, ready.json()["error"]["code"]) == (503, "not_ready")
    assert ready.json()["error"]["message"] == "memory: 127.0.0.1:9 refused"
    assert ready.headers["Retry-After"] == "5"
    # Anyone may ask for the status, so it names no addresses.
    assert (status.status_code, status.json()["error"]["code"]) == (503, "not_ready")
    assert b"127.0.0.1" not in status.content


def test_not_ready_when_the_process_may_not_serve(client: Client) -> None:
    fault = NotServing("not registered with the control plane")
    with use_router(router({}, Policy(condition(), fault=fault))):
        response = client.get("/readyz")
    assert (response.status_code, response.json()["error"]["message"]) == (503, str(fault))


@pytest.mark.parametrize("error", [NotServing("all slots are taken"), OperationalError("no such table")])
def test_a_process_that_cannot_make_its_router_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def unable() -> Router:
        raise error

    # The control database is a boundary: it refuses here as it would when it is away.
    monkeypatch.setattr(health, "router", unable)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["error"]["message"]) == (503, str(error))
