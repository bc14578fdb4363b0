"""The process's stores: one for each id and role, with that role's deadlines."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from chat.conf import Role, deadlines
from chat.data import Comment, StoreId
from chat.stores.dynamodb.store import DynamoStore
from chat.stores.registry import close_stores, open_store
from chat.stores.scylla.room import ScyllaRoomStore


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    close_stores()
    yield
    close_stores()


@pytest.mark.parametrize("store_id", StoreId)
def test_a_store_is_opened_once_for_each_role(store_id: StoreId) -> None:
    assert open_store(store_id, Role.SERVE) is open_store(store_id, Role.SERVE)
    assert open_store(store_id, Role.SERVE).id == store_id


@pytest.mark.parametrize("role", Role)
def test_a_store_has_its_roles_deadlines(role: Role) -> None:
    scylla = open_store(StoreId.SCYLLA_ROOM, role)
    assert isinstance(scylla, ScyllaRoomStore)
    assert scylla._requests.deadlines == deadlines(role)
    dynamodb = open_store(StoreId.DYNAMODB, role)
    assert isinstance(dynamodb, DynamoStore)
    assert dynamodb._calls._deadline == deadlines(role).request


def test_the_roles_of_one_process_share_one_cql_connection() -> None:
    serve, mirror = open_store(StoreId.SCYLLA_ROOM, Role.SERVE), open_store(StoreId.SCYLLA_ROOM, Role.MIRROR)
    assert isinstance(serve, ScyllaRoomStore)
    assert isinstance(mirror, ScyllaRoomStore)
    assert serve._requests.connection is mirror._requests.connection


def test_the_roles_of_one_process_share_one_memory() -> None:
    comment = Comment("registry", "n", 1_700_000_000_000_000, "hello")
    open_store(StoreId.MEMORY, Role.SERVE).upsert(comment)
    assert open_store(StoreId.MEMORY, Role.MIRROR).latest("registry", 1) == (comment,)


def test_a_closed_store_is_opened_anew() -> None:
    first = open_store(StoreId.DYNAMODB, Role.SERVE)
    close_stores()
    assert open_store(StoreId.DYNAMODB, Role.SERVE) is not first


def test_a_forked_child_opens_its_own() -> None:
    parents = open_store(StoreId.DYNAMODB, Role.SERVE)
    child = os.fork()
    if child == 0:
        os._exit(0 if open_store(StoreId.DYNAMODB, Role.SERVE) is not parents else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
