"""Events that were there before the chain are chained by the migration, and it goes back."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from migration.audit.record import record
from migration.audit.verification import verify
from migration.models import AuditEvent, AuditHead, Rollout
from tests.migration.audit.tampering import record_many, run_sql


def migrate_to(name: str) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate([("migration", name)])


def newest() -> str:
    [leaf] = MigrationExecutor(connection).loader.graph.leaf_nodes("migration")
    return str(leaf[1])


def test_there_and_back(rollout: Rollout) -> None:
    last = newest()
    record_many(3)
    migrate_to("0004_control_plane")
    assert list(AuditEvent.objects.order_by("pk").values_list("previous", "digest")) == [("", None)] * 3
    run_sql("UPDATE migration_auditevent SET reason = 'as long as nothing guards it'")
    migrate_to(last)
    verdict = verify()
    assert (verdict.events, verdict.broken) == (3, None)
    assert AuditHead.objects.get().digest == verdict.digest
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        run_sql("UPDATE migration_auditevent SET reason = ''")
    record(actor="ada", action="test", subject="after")
    assert verify().events == 4
