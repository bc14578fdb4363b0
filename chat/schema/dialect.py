"""Which CQL engine answers, and what of it matters to our schema."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from chat.schema.queries import rows

_TABLETS_WITHOUT_LWT: Final = (((6, 0), (7, 0)), ((2025, 1), (2025, 4)))
"""ScyllaDB releases, from and before, that give a new keyspace tablets by default but no LWT on them."""


class Engine(StrEnum):
    SCYLLA = "scylla"
    CASSANDRA = "cassandra"


@dataclass(frozen=True, slots=True)
class Dialect:
    """`version` is the engine's own release: what ScyllaDB calls its `release_version` names a Cassandra."""

    engine: Engine
    version: str

    @property
    def keyspace_properties(self) -> tuple[str, ...]:
        """Further WITH clauses of CREATE KEYSPACE. Tablets cannot be switched off once it exists."""
        needs_vnodes = self.engine is Engine.SCYLLA and any(
            first <= self._release < end for first, end in _TABLETS_WITHOUT_LWT
        )
        return ("tablets = {'enabled': false}",) if needs_vnodes else ()

    @property
    def _release(self) -> tuple[int, ...]:
        """The first two numbers of the version: `2026.2.5-0.20260815` is (2026, 2)."""
        return tuple(int(number) for number in re.findall(r"\d+", self.version)[:2])


def detect(session: Any) -> Dialect:
    """Ask the coordinator. Only ScyllaDB has the column `supported_features` in system.local.

    Raises as `queries.rows`.
    """
    (local,) = rows(session, "SELECT * FROM system.local WHERE key = 'local'")
    if "supported_features" not in local:
        return Dialect(engine=Engine.CASSANDRA, version=local["release_version"])
    (own,) = rows(session, "SELECT version FROM system.versions WHERE key = 'local'")
    return Dialect(engine=Engine.SCYLLA, version=own["version"])
