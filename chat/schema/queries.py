"""Reading the engine's own schema tables and sending DDL, on a session of the driver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from cassandra import ConsistencyLevel
from cassandra.cluster import EXEC_PROFILE_DEFAULT
from cassandra.query import dict_factory

from chat.exceptions import StoreRefused, StoreUnavailable
from chat.stores.scylla.errors import Sent, translated

STORE: Final = "scylla"
DDL_SECONDS: Final = 30.0
"""A request's deadline here: DDL on a busy Cassandra takes seconds."""


def rows(session: Any, cql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
    """All rows, by column name. Raises StoreUnavailable and StoreRefused."""
    with translated(STORE, Sent.READ):
        return list(session.execute(cql, parameters or None, execution_profile=_profile(session)))


def change(session: Any, cql: str) -> None:
    """Send one DDL statement and wait until all live nodes know it. Raises StoreUnavailable and StoreRefused.

    The next statement may build on this one, so going on without agreement is refused. A statement whose
    answer was lost counts as not done: the next look at the schema shows whether it was.
    """
    try:
        with translated(STORE, Sent.READ):
            result = session.execute(cql, execution_profile=_profile(session))
    except StoreRefused as error:
        # The store's own advice is to run sync_schema: that is us.
        raise StoreRefused(STORE, f"{error.__cause__}, in the statement: {cql}") from error
    if not result.response_future.is_schema_agreed:
        todo = "see `nodetool describecluster`, then run this again"
        raise StoreUnavailable(STORE, f"the nodes do not agree on the schema yet; {todo}")


def _profile(session: Any) -> Any:
    """The default profile with rows by name. Each node has the schema tables whole: one replica is enough."""
    return session.execution_profile_clone_update(
        EXEC_PROFILE_DEFAULT,
        row_factory=dict_factory,
        consistency_level=ConsistencyLevel.LOCAL_ONE,
        request_timeout=DDL_SECONDS,
    )
