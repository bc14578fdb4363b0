"""The control database goes back to a backup as the runbook says, its chain and its triggers with it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, connections, transaction

from migration.audit.record import record
from migration.audit.verification import verify
from migration.models import AuditEvent, Rollout
from tests.migration.audit.tampering import record_many, run_sql
from tests.migration.controls import url_of
from tests.postgres import find_programs


def back_up_sqlite(control: Path, backup: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(backup)])


def restore_sqlite(control: Path, backup: Path) -> None:
    connections["default"].close()
    for left in control.parent.glob("control.sqlite3*"):
        left.unlink()
    backup.rename(control)


def back_up_postgresql(control: Path, backup: Path) -> None:
    call("pg_dump", "--format=custom", "--file", str(backup), url_of(control))


def restore_postgresql(control: Path, backup: Path) -> None:
    connections["default"].close()
    call("pg_restore", "--clean", "--if-exists", "--single-transaction", "--dbname", url_of(control), str(backup))


def call(program: str, *words: str) -> None:
    subprocess.run([str(find_programs() / program), *words], check=True, timeout=60)


WAYS: dict[str, tuple[Callable[[Path, Path], None], Callable[[Path, Path], None]]] = {
    "sqlite": (back_up_sqlite, restore_sqlite),
    "postgresql": (back_up_postgresql, restore_postgresql),
}


def test_there_and_back(rollout: Rollout, control: Path, tmp_path: Path) -> None:
    back_up, restore = WAYS[connection.vendor]
    ids, backup = record_many(3), tmp_path / "backup"
    noted = verify().digest
    back_up(control, backup)
    with transaction.atomic():
        Rollout.objects.update(epoch=7)
        record(actor="ada", action="test", subject="after the backup")
    restore(control, backup)
    verdict = verify()
    assert (verdict.events, verdict.digest, verdict.broken) == (3, noted, None)
    assert Rollout.objects.get().epoch == rollout.epoch
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        run_sql("UPDATE migration_auditevent SET reason = ''")
    more = record(actor="ada", action="test", subject="goes on")
    assert more.previous == noted
    assert AuditEvent.objects.filter(pk__in=ids).count() == 3
