"""The rollout every installation starts with: DynamoDB to ScyllaDB, every endpoint in `legacy`."""

from django.db import migrations

SOURCE = "dynamodb"
TARGET = "scylla-room"
READS = ("latest_comments", "comments_since", "all_comments", "user_timeline")


def begin(apps, schema_editor):
    rollout = apps.get_model("migration", "Rollout").objects.create(
        name="dynamodb-to-scylla", source=SOURCE, target=TARGET, active=True
    )
    stores = apps.get_model("migration", "StoreState").objects
    stores.create(
        rollout=rollout, store=SOURCE, complete=True, evidence={"set_by": "the store in use at the start"}
    )
    stores.create(rollout=rollout, store=TARGET, complete=False, evidence={"missing": "a verified backfill"})
    routes = apps.get_model("migration", "Route").objects
    routes.create(
        rollout=rollout,
        endpoint="post_comment",
        kind="write",
        phase="legacy",
        write_flag="source",
        read_flag="none",
    )
    for endpoint in READS:
        routes.create(
            rollout=rollout,
            endpoint=endpoint,
            kind="read",
            phase="legacy",
            read_flag="source",
            write_flag="none",
            # No address serves the timeline yet.
            enabled=endpoint != "user_timeline",
        )


class Migration(migrations.Migration):
    dependencies = [("migration", "0001_initial")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
