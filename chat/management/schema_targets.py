"""The two schemas that sync_schema works on, with the connections and settings they need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from chat.conf import env
from chat.management.engines import cql_session, dynamodb_client
from chat.schema import cql, dynamodb
from chat.schema.drift import Difference, Done, Survey


class Target(Protocol):
    """Each call raises StoreUnavailable and StoreRefused."""

    def survey(self) -> Survey:
        """Changes nothing."""

    def mend(self, differences: Iterable[Difference], *, seconds: float, done: Done) -> None:
        """Tells `done` of each. Raises StillBuilding when the store was not ready after `seconds`."""


class CqlTarget:
    def __init__(self) -> None:
        """Connects. Raises StoreUnavailable."""
        self._session = cql_session()

    def survey(self) -> Survey:
        return cql.survey(
            self._session,
            keyspace=env().keyspace,
            replication_setting=env().scylla_replication,
            local_dc=env().scylla_local_dc,
            user_view=env().scylla_user_timeline == "view",
        )

    def mend(self, differences: Iterable[Difference], *, seconds: float, done: Done) -> None:
        # DDL answers when it is done: there is nothing to wait for.
        cql.mend(self._session, differences, done=done)


class DynamoDbTarget:
    def __init__(self) -> None:
        self._client = dynamodb_client()

    def survey(self) -> Survey:
        return dynamodb.survey(self._client, table=env().dynamodb_table)

    def mend(self, differences: Iterable[Difference], *, seconds: float, done: Done) -> None:
        table = env().dynamodb_table
        dynamodb.mend(self._client, table=table, differences=differences, seconds=seconds, done=done)


# DynamoDB last: it may have to be waited for.
TARGETS: Final[dict[str, type[CqlTarget] | type[DynamoDbTarget]]] = {
    "scylla": CqlTarget,
    "dynamodb": DynamoDbTarget,
}
