"""The stream that is tailed, its shards, their leases and checkpoints."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('migration', '0011_quarantine_states'),
    ]

    operations = [
        migrations.CreateModel(
            name='Stream',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('arn', models.CharField(max_length=255, unique=True)),
                ('source_table', models.CharField(max_length=255)),
                ('active', models.BooleanField(default=True)),
                ('enabled_at', models.DateTimeField(auto_now_add=True)),
                ('gap', models.TextField(blank=True)),
                ('gap_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('active', True)), fields=('active',), name='one_active_stream')],
            },
        ),
        migrations.CreateModel(
            name='Shard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shard_id', models.CharField(max_length=128)),
                ('parent_id', models.CharField(blank=True, max_length=128)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('leased', 'Leased'), ('done', 'read to its end'), ('lost', 'trimmed before it was read to its end')], default='pending', max_length=8)),
                ('checkpoint', models.CharField(blank=True, max_length=64)),
                ('fence', models.PositiveBigIntegerField(default=0)),
                ('beats', models.PositiveBigIntegerField(default=0)),
                ('error', models.TextField(blank=True)),
                ('read', models.PositiveBigIntegerField(default=0)),
                ('applied', models.PositiveBigIntegerField(default=0)),
                ('quarantined', models.PositiveBigIntegerField(default=0)),
                ('drift', models.PositiveBigIntegerField(default=0)),
                ('handled_to', models.DateTimeField(null=True)),
                ('drained_epoch', models.PositiveBigIntegerField(default=0)),
                ('stream', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shards', to='migration.stream')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('stream', 'shard_id'), name='one_row_per_shard')],
            },
        ),
    ]
