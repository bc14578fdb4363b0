"""Processes that issue no instants hold no clock slot; a holder declared dead says when."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('migration', '0005_audit_chain'),
    ]

    operations = [
        migrations.AddField(
            model_name='holder',
            name='declared_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='holder',
            name='slot',
            field=models.PositiveSmallIntegerField(null=True),
        ),
    ]
