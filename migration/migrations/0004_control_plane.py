"""What the control plane needs beside phases: leases of debts, drills, approvals, the freeze, the audit's chain."""

from hashlib import blake2b

import django.db.models.deletion
import django.utils.timezone
import migration.models.exacttext
from django.db import migrations, models

# Fields that keep NUL and backslash escaped from here on.
EXACT = {"Debt": ("room", "name", "text"), "ActiveRoom": ("room",), "Difference": ("room", "name"), "Segment": ("label",)}


def name_keys(apps, schema_editor):
    Debt = apps.get_model("migration", "Debt")
    for debt in Debt.objects.iterator():
        spelled = f"{len(debt.room)}:{len(debt.name)}:{debt.room}{debt.name}{debt.time_us}".encode()
        Debt.objects.filter(pk=debt.pk).update(key=blake2b(spelled, digest_size=16).hexdigest())


def escape(apps, schema_editor):
    for name, fields in EXACT.items():
        model = apps.get_model("migration", name)
        for field in fields:
            for text in list(model.objects.filter(**{f"{field}__contains": "\\"}).values_list(field, flat=True)):
                escaped = text.replace("\\", "\\\\").replace("\0", "\\0")
                model.objects.filter(**{field: text}).update(**{field: escaped})


class Migration(migrations.Migration):

    dependencies = [
        ('migration', '0003_recency'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('events', models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='DrainLease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('worker', models.CharField(max_length=150)),
                ('beats', models.PositiveBigIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='Drill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.CharField(max_length=32)),
                ('from_phase', models.CharField(choices=[('legacy', 'Legacy'), ('dual', 'Dual'), ('shadow', 'Shadow'), ('cutover', 'Cutover'), ('decommission', 'Decommission')], max_length=16)),
                ('to_phase', models.CharField(choices=[('legacy', 'Legacy'), ('dual', 'Dual'), ('shadow', 'Shadow'), ('cutover', 'Cutover'), ('decommission', 'Decommission')], max_length=16)),
                ('percent', models.PositiveSmallIntegerField(help_text='the ramp it returns to', null=True)),
                ('actor', models.CharField(max_length=150)),
                ('reason', models.TextField()),
                ('passed', models.BooleanField(null=True)),
                ('detail', models.TextField(blank=True)),
                ('seconds', models.FloatField(null=True)),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='debt',
            name='one_unpaid_debt_per_key',
        ),
        migrations.AddField(
            model_name='auditevent',
            name='digest',
            field=models.CharField(max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name='auditevent',
            name='previous',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='debt',
            name='closed_by',
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AddField(
            model_name='debt',
            name='closed_reason',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='debt',
            name='key',
            field=models.CharField(default='', max_length=32),
            preserve_default=False,
        ),
        migrations.RunPython(name_keys, migrations.RunPython.noop),
        migrations.RunPython(escape, migrations.RunPython.noop),
        migrations.AddField(
            model_name='holder',
            name='backend',
            field=models.CharField(default='routed', max_length=32),
        ),
        migrations.AddField(
            model_name='holder',
            name='declared_by',
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AddField(
            model_name='holder',
            name='declared_how',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='holder',
            name='machine',
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name='rollout',
            name='frozen',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='rollout',
            name='frozen_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='rollout',
            name='frozen_by',
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AddField(
            model_name='rollout',
            name='frozen_reason',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='route',
            name='mirror_mode',
            field=models.CharField(choices=[('sync', 'the answer waits for the mirror'), ('async', 'the mirror follows the answer')], default='sync', help_text='whether a client waits for the mirror', max_length=8),
        ),
        migrations.AddConstraint(
            model_name='route',
            constraint=models.CheckConstraint(condition=models.Q(('mirror_mode', 'sync'), models.Q(('kind', 'write'), ('write_flag', 'source+mirror')), _connector='OR'), name='route_mirrors_later_in_dual'),
        ),
        migrations.AddField(
            model_name='transition',
            name='approval_needed',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='transition',
            name='approved_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='transition',
            name='approved_by',
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AddField(
            model_name='transition',
            name='mirror_mode',
            field=models.CharField(blank=True, choices=[('sync', 'the answer waits for the mirror'), ('async', 'the mirror follows the answer')], max_length=8),
        ),
        migrations.AlterField(
            model_name='activeroom',
            name='room',
            field=migration.models.exacttext.ExactTextField(primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='auditevent',
            name='at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AlterField(
            model_name='debt',
            name='name',
            field=migration.models.exacttext.ExactTextField(),
        ),
        migrations.AlterField(
            model_name='debt',
            name='room',
            field=migration.models.exacttext.ExactTextField(),
        ),
        migrations.AlterField(
            model_name='debt',
            name='state',
            field=models.CharField(choices=[('open', 'Open'), ('unsettled', 'Unsettled'), ('conflict', 'Conflict'), ('failed', 'Failed'), ('paid', 'Paid'), ('waived', 'given up by a named person'), ('void', 'never kept by its holder')], default='open', max_length=16),
        ),
        migrations.AlterField(
            model_name='debt',
            name='text',
            field=migration.models.exacttext.ExactTextField(),
        ),
        migrations.AlterField(
            model_name='difference',
            name='name',
            field=migration.models.exacttext.ExactTextField(),
        ),
        migrations.AlterField(
            model_name='difference',
            name='room',
            field=migration.models.exacttext.ExactTextField(),
        ),
        migrations.AlterField(
            model_name='holder',
            name='state',
            field=models.CharField(choices=[('live', 'Live'), ('left', 'deregistered'), ('dead', 'proven dead'), ('declared', 'declared dead')], default='live', max_length=8),
        ),
        migrations.AlterField(
            model_name='segment',
            name='label',
            field=migration.models.exacttext.ExactTextField(blank=True),
        ),
        migrations.AlterField(
            model_name='transition',
            name='step',
            field=models.CharField(choices=[('requested', 'waiting for a worker or an approval'), ('intent', 'Intent'), ('held', 'writes held'), ('flipped', 'flipped, waiting for processes'), ('done', 'Done'), ('refused', 'Refused'), ('aborted', 'Aborted')], default='intent', max_length=16),
        ),
        migrations.AlterField(
            model_name='transition',
            name='verb',
            field=models.CharField(help_text='advance, rollback, ramp, shadow or mirror', max_length=16),
        ),
        migrations.AddField(
            model_name='debt',
            name='lease',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='entries', to='migration.drainlease'),
        ),
        migrations.AddConstraint(
            model_name='debt',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'unsettled', 'conflict', 'failed'])), fields=('key', 'holder', 'owed'), name='one_unpaid_debt_per_key'),
        ),
        migrations.AddField(
            model_name='drill',
            name='rollout',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='drills', to='migration.rollout'),
        ),
        migrations.AddField(
            model_name='transition',
            name='drill',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='legs', to='migration.drill'),
        ),
        migrations.AddConstraint(
            model_name='drill',
            constraint=models.UniqueConstraint(condition=models.Q(('finished_at', None)), fields=('rollout', 'endpoint'), name='one_unfinished_drill_per_endpoint'),
        ),
    ]
