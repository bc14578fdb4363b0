"""What somebody with the database's own tools can do to audit events, triggers taken off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from django.db import connection

from migration.audit.record import record
from migration.models import AuditEvent

triggers = import_module("migration.migrations.0005_audit_chain")


def record_many(number: int) -> list[int]:
    """The ids of events whose subjects are s0, s1 and so on."""
    return [record(actor="ada", action="test", subject=f"s{n}").pk for n in range(number)]


@contextmanager
def unguarded() -> Iterator[None]:
    with connection.schema_editor() as editor:
        triggers.unguard(None, editor)
    yield
    with connection.schema_editor() as editor:
        triggers.guard(None, editor)


def run_sql(statement: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def change(event: int, **fields: object) -> None:
    """Whatever it is told; the digest as well, if that is among the fields."""
    with unguarded():
        AuditEvent._base_manager.filter(pk=event).update(**fields)


def remove(*ids: int) -> None:
    with unguarded():
        for event in ids:
            run_sql("DELETE FROM migration_auditevent WHERE id = %s", event)
