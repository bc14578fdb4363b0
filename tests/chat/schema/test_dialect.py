"""Which engine answers, and the one thing about it that changes a statement of ours."""

from __future__ import annotations

from typing import Any

import pytest

from chat.schema.dialect import Dialect, Engine, detect


class ScyllaSession:
    """Answers as ScyllaDB documents its system tables: there is none on the machines that run the tests."""

    def execution_profile_clone_update(self, profile: Any, **options: Any) -> Any:
        return profile

    def execute(self, cql: str, parameters: Any = None, **options: Any) -> list[dict[str, Any]]:
        if "system.versions" in cql:
            return [{"version": "2026.2.5-0.20260815.abcdef"}]
        return [{"key": "local", "release_version": "3.0.8", "supported_features": "LWT,TABLETS"}]


def test_cassandra_is_known_by_its_own_release(session: Any) -> None:
    release = session.execute("SELECT release_version FROM system.local").one()["release_version"]
    assert detect(session) == Dialect(engine=Engine.CASSANDRA, version=release)


def test_scylla_is_not_taken_for_the_cassandra_it_claims_to_be() -> None:
    assert detect(ScyllaSession()) == Dialect(engine=Engine.SCYLLA, version="2026.2.5-0.20260815.abcdef")


@pytest.mark.parametrize(
    ("engine", "version", "properties"),
    [
        (Engine.CASSANDRA, "6.0.0", ()),
        (Engine.SCYLLA, "5.4.9", ()),
        (Engine.SCYLLA, "6.2.1-0.2024", ("tablets = {'enabled': false}",)),
        (Engine.SCYLLA, "2024.2.3", ()),
        (Engine.SCYLLA, "2025.1.0", ("tablets = {'enabled': false}",)),
        (Engine.SCYLLA, "2025.3.9-0.2025", ("tablets = {'enabled': false}",)),
        (Engine.SCYLLA, "2025.4.0", ()),
        (Engine.SCYLLA, "2026.2.5", ()),
    ],
)
def test_tablets_are_switched_off_where_they_lack_lwt(
    engine: Engine, version: str, properties: tuple[str, ...]
) -> None:
    assert Dialect(engine=engine, version=version).keyspace_properties == properties
