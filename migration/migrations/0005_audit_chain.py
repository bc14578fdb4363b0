"""Chains the audit events that are there, and lets the database itself refuse to change or remove any.

On SQLite a later migration that alters this table makes it anew and loses the triggers: it has to run `guard` again.
"""

from django.db import migrations

# The rule of the digest can never change, or no older event would be sound; so it is not frozen here as models are.
from migration.audit.chain import digest_of

TABLE = "migration_auditevent"
CHANGED = "audit events are never changed"
DELETED = "audit events are never deleted"

SQLITE = (
    f"CREATE TRIGGER audit_unchanged BEFORE UPDATE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{CHANGED}'); END",
    f"CREATE TRIGGER audit_undeleted BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{DELETED}'); END",
    # INSERT OR REPLACE deletes without asking the trigger above.
    f"CREATE TRIGGER audit_unreplaced BEFORE INSERT ON {TABLE} "
    f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id OR digest = NEW.digest) "
    f"BEGIN SELECT RAISE(ABORT, '{CHANGED}'); END",
)
SQLITE_BACK = tuple(f"DROP TRIGGER {name}" for name in ("audit_unchanged", "audit_undeleted", "audit_unreplaced"))

POSTGRESQL = (
    "CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ "
    f"BEGIN IF TG_OP = 'UPDATE' THEN RAISE EXCEPTION '{CHANGED}' USING ERRCODE = 'integrity_constraint_violation'; "
    f"ELSE RAISE EXCEPTION '{DELETED}' USING ERRCODE = 'integrity_constraint_violation'; END IF; END $$",
    f"CREATE TRIGGER audit_unchanged BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION audit_refuses()",
    f"CREATE TRIGGER audit_untruncated BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()",
)
POSTGRESQL_BACK = (
    f"DROP TRIGGER audit_unchanged ON {TABLE}",
    f"DROP TRIGGER audit_untruncated ON {TABLE}",
    "DROP FUNCTION audit_refuses()",
)


def chain(apps, schema_editor):
    AuditEvent = apps.get_model("migration", "AuditEvent")
    previous, count = "", 0
    for event in AuditEvent.objects.order_by("pk").iterator():
        event.previous = previous
        event.digest = previous = digest_of(event)
        event.save(update_fields=["previous", "digest"])
        count += 1
    apps.get_model("migration", "AuditHead").objects.create(pk=1, digest=previous, events=count)


def unchain(apps, schema_editor):
    apps.get_model("migration", "AuditEvent").objects.update(previous="", digest=None)
    apps.get_model("migration", "AuditHead").objects.all().delete()


def guard(apps, schema_editor):
    execute(schema_editor, sqlite=SQLITE, postgresql=POSTGRESQL)


def unguard(apps, schema_editor):
    execute(schema_editor, sqlite=SQLITE_BACK, postgresql=POSTGRESQL_BACK)


def execute(schema_editor, **statements):
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ('migration', '0004_control_plane'),
    ]

    operations = [
        migrations.RunPython(chain, unchain),
        migrations.RunPython(guard, unguard),
    ]
