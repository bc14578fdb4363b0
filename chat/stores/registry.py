"""The stores of this process, opened at first use: one for each store id and role."""

from __future__ import annotations

import os
from functools import cache
from threading import Lock
from typing import Final

from chat.conf import Role, deadlines, env
from chat.data import StoreId
from chat.stores.base import Store
from chat.stores.dynamodb.calls import Calls
from chat.stores.dynamodb.store import DynamoStore
from chat.stores.memory import MemoryStore
from chat.stores.scylla.connection import Connection
from chat.stores.scylla.requests import Requests
from chat.stores.scylla.room import ScyllaRoomStore
from chat.stores.scylla.session import open_session

_stores: Final[dict[tuple[int, StoreId, Role], Store]] = {}
_lock = Lock()


def open_store(store_id: StoreId, role: Role) -> Store:
    """The process's store for a role, with that role's deadlines. Connects to nothing: the first call does.

    Keyed by process too: what a fork inherited would share its parent's sockets.
    """
    key = (os.getpid(), store_id, role)
    store = _stores.get(key)
    if store is None:
        with _lock:
            store = _stores.get(key) or _stores.setdefault(key, _make(store_id, role))
    return store


def close_stores() -> None:
    """Close what this process opened. A later `open_store` opens anew."""
    with _lock:
        mine = [key for key in _stores if key[0] == os.getpid()]
        for key in mine:
            _stores.pop(key).close()


def _make(store_id: StoreId, role: Role) -> Store:
    match store_id:
        case StoreId.DYNAMODB:
            return _dynamodb(role)
        case StoreId.SCYLLA_ROOM:
            return _scylla_room(role)
        case StoreId.MEMORY:
            return _memory()


def _dynamodb(role: Role) -> Store:
    calls = Calls(
        endpoint_url=env().dynamodb_endpoint_url,
        region=env().aws_region,
        deadlines=deadlines(role),
        store=StoreId.DYNAMODB,
    )
    return DynamoStore(calls=calls, table=env().dynamodb_table)


def _scylla_room(role: Role) -> Store:
    return ScyllaRoomStore(
        requests=Requests(cql_connection(), deadlines(role), StoreId.SCYLLA_ROOM),
        keyspace=env().keyspace,
        has_user_view=env().scylla_user_timeline == "view",
        batch_bytes=env().scylla_batch_bytes,
    )


@cache
def cql_connection() -> Connection:
    """One for all roles and all CQL stores of the process; it finds out about a fork by itself."""
    hosts = ",".join(env().scylla_contact_points)
    address = f"{hosts}:{env().scylla_port}"
    return Connection(opener=open_session, address=address, store=StoreId.SCYLLA_ROOM)


@cache
def _memory() -> Store:
    """One for all roles, or a mirror would not see what the authority wrote."""
    return MemoryStore()


def _renew_lock() -> None:
    global _lock
    _lock = Lock()


# Another thread of the parent may have held it at the moment of the fork.
os.register_at_fork(after_in_child=_renew_lock)
