"""The table `chat_by_room` by the plain driver: a full read by token range, single writes for sabotage."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from cassandra import ConsistencyLevel, DriverException
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable
from cassandra.policies import DCAwareRoundRobinPolicy, TokenAwarePolicy
from cassandra.query import tuple_factory

from .addresses import CqlAddress
from .errors import StoreUnreachable
from .mapping import canonical, microseconds
from .rows import Image, Row, stored_row

STORE = "scylla"
RANGES = 16
FIRST_TOKEN, LAST_TOKEN = -(2**63), 2**63 - 1


class CqlTable:
    """The table of the target, reached once, closed by `with`. Raises `StoreUnreachable`."""

    store = STORE

    def __init__(self, address: CqlAddress) -> None:
        self._address = address
        self._table = f"{address.keyspace}.chat_by_room"
        self._cluster = Cluster(
            contact_points=list(address.hosts),
            port=address.port,
            protocol_version=4,
            connect_timeout=5,
            auth_provider=_login(address),
            ssl_context=ssl.create_default_context(cafile=address.tls_ca) if address.tls_ca else None,
            execution_profiles={EXEC_PROFILE_DEFAULT: _profile(address)},
        )

    def __enter__(self) -> CqlTable:
        try:
            self._session = self._cluster.connect()
        except (NoHostAvailable, DriverException) as error:
            self._cluster.shutdown()
            raise self._unreachable(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cluster.shutdown()

    def image(self) -> Image:
        """The whole table, every token range at LOCAL_QUORUM."""
        return Image(STORE).add(stored_row(row) for row in self._rows())

    def put(self, row: Row) -> None:
        """Write a row as of now. `time_raw` is left out where the time is canonical (protocol T6)."""
        time_us = microseconds(row.time)
        columns = {"chat_room": row.room, "time_us": time_us, "name": row.name, "comment": row.comment}
        if time_us is not None and canonical(time_us) != row.time:
            columns["time_raw"] = row.time
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {self._table} ({', '.join(columns)}) VALUES ({marks})"
        self._execute(statement, *columns.values())

    def delete(self, row: Row) -> None:
        statement = f"DELETE FROM {self._table} WHERE chat_room = ? AND time_us = ? AND name = ?"
        self._execute(statement, row.room, microseconds(row.time), row.name)

    def _rows(self) -> Iterator[Row]:
        statement = (
            f"SELECT chat_room, time_us, name, comment, time_raw FROM {self._table} "
            "WHERE token(chat_room) > ? AND token(chat_room) <= ?"
        )
        for first, last in token_ranges():
            for room, time_us, name, comment, time_raw in self._execute(statement, first, last):
                yield Row(room, name, _spelling(time_us, time_raw), comment)

    def _execute(self, statement: str, *values: object) -> Iterator[Any]:
        try:
            yielded = self._session.execute(self._session.prepare(statement), values)
            # Fetched here, whole: a later page fails in the iteration, outside of a try around execute.
            return iter(list(yielded))
        except (NoHostAvailable, DriverException) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> StoreUnreachable:
        return StoreUnreachable(
            store=f"CQL table {self._table}",
            where=self._address.where,
            cause=error,
        )


def token_ranges() -> Iterator[tuple[int, int]]:
    """The ring in equal parts, each (after, up to). No key has the very first token."""
    step = 2**64 // RANGES
    for number in range(RANGES):
        first = FIRST_TOKEN + number * step
        yield first, LAST_TOKEN if number == RANGES - 1 else first + step


def _spelling(time_us: int, time_raw: str | None) -> str:
    """The time text a row answers with. A `time_raw` that breaks its rule makes a text no key can equal."""
    text = canonical(time_us)
    if time_raw is None:
        return text
    if microseconds(time_raw) == time_us and time_raw != text:
        return time_raw
    return f"{text} with time_raw {time_raw!r}"


def _profile(address: CqlAddress) -> ExecutionProfile:
    return ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(DCAwareRoundRobinPolicy(local_dc=address.datacenter)),
        consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        request_timeout=30,
        row_factory=tuple_factory,
    )


def _login(address: CqlAddress) -> PlainTextAuthProvider | None:
    if address.username is None:
        return None
    return PlainTextAuthProvider(username=address.username, password=address.password or "")
