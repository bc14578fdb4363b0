"""The three groups whose members may see, move and approve."""

from django.db import migrations

GROUPS = ("viewer", "operator", "approver")


def make_groups(apps, schema_editor):
    groups = apps.get_model("auth", "Group").objects
    for name in GROUPS:
        groups.get_or_create(name=name)


class Migration(migrations.Migration):
    # Nothing is taken away on the way back: the groups may have members by then.
    dependencies = [("migration", "0006_holder_without_slot"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
