"""The API on a memory store: the reference of the store contract, so no engine has to run for these tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import Client
from pytest_django import Settings

from chat.clock import Clock
from chat.data import Comment, StoreId
from chat.routing.fixed import FIXED_EPOCH, FixedPolicy
from chat.routing.ports import Mark, WriteRoute
from chat.routing.process import use_router
from chat.routing.router import Router
from chat.stores.base import Store
from chat.stores.memory import MemoryStore

Limit = Callable[..., None]


class NoDebts:
    """There is no mirror here, so a debt would be a defect."""

    def begin(self, comment: Comment, *, holder: StoreId, owed: StoreId | None) -> Mark:
        """No process dies here."""
        return None

    def harden(self, mark: Mark) -> None:
        """See `begin`."""

    def end(self, mark: Mark) -> None:
        """See `begin`."""

    def abandon(self, mark: Mark) -> None:
        """See `begin`."""

    def close(self) -> None:
        """Nothing is held."""

    def owed(self, comment: Comment, *, holder: StoreId, owed: StoreId, cause: str) -> None:
        raise AssertionError("nothing is mirrored")

    def unsettled(self, comment: Comment, *, holder: StoreId, owed: StoreId | None, cause: str) -> None:
        """Kept nowhere: the tests look at what the client is told."""


def router_on(store: Store) -> Router:
    route = WriteRoute(epoch=FIXED_EPOCH, authority=StoreId.MEMORY, mirror=None)
    policy = FixedPolicy(route=route, clock=Clock(slot=7))
    return Router(policy=policy, recorder=NoDebts(), open_store=lambda store_id, role: store)


def body_of(response: HttpResponseBase) -> bytes:
    """The whole body of an answer, streamed or not."""
    if isinstance(response, StreamingHttpResponse):
        return b"".join(response)
    assert isinstance(response, HttpResponse)
    return response.content


@pytest.fixture
def memory() -> Iterator[MemoryStore]:
    store = MemoryStore()
    with use_router(router_on(store)):
        yield store


@pytest.fixture
def api(memory: MemoryStore) -> Client:
    return Client()


@pytest.fixture
def limits(settings: Settings) -> Limit:
    """Other settings of the chat service for one test: `limits(rate_limit_per_minute=3)`."""

    def change(**values: Any) -> None:
        settings.ENV = settings.ENV.model_copy(update=values)

    return change
