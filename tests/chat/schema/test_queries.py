"""Schema requests: what a lost node, a refusal and a disagreement between nodes turn into."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from chat.exceptions import StoreRefused, StoreUnavailable
from chat.schema.queries import change, rows
from tests import engines


class DisagreeingSession:
    """A cluster whose nodes do not reach one schema version; one node alone, as in the tests, always agrees."""

    def execution_profile_clone_update(self, profile: Any, **options: Any) -> Any:
        return profile

    def execute(self, cql: str, **options: Any) -> Any:
        return SimpleNamespace(response_future=SimpleNamespace(is_schema_agreed=False))


def test_rows_come_by_name_whatever_the_session_prefers(session: Any) -> None:
    assert rows(session, "SELECT key FROM system.local WHERE key = %s", ["local"]) == [{"key": "local"}]


def test_a_refusal_names_the_statement_and_the_reason(session: Any) -> None:
    with pytest.raises(StoreRefused, match=r"no_such_keyspace.*ALTER TABLE no_such_keyspace\.t ADD c text"):
        change(session, "ALTER TABLE no_such_keyspace.t ADD c text")


def test_a_statement_that_does_not_parse_is_refused_too(session: Any) -> None:
    with pytest.raises(StoreRefused, match="MAKE TABLE"):
        change(session, "MAKE TABLE t")


def test_going_on_without_schema_agreement_is_refused() -> None:
    with pytest.raises(StoreUnavailable, match="nodetool describecluster"):
        change(DisagreeingSession(), "CREATE TABLE k.t (a int PRIMARY KEY)")


def test_a_session_that_is_gone_is_unavailable() -> None:
    with engines.cql_cluster() as cluster:
        gone = cluster.connect()
        gone.cluster.shutdown()
        with pytest.raises(StoreUnavailable):
            rows(gone, "SELECT key FROM system.local")
