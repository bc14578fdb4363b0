"""Pause, cancel, limits and the way of reading: what an operator can steer a run by."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('migration', '0007_roles'),
    ]

    operations = [
        migrations.AddField(
            model_name='run',
            name='follows',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='migration.run'),
        ),
        migrations.AddField(
            model_name='run',
            name='from_us',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='run',
            name='paused_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='run',
            name='paused_seconds',
            field=models.FloatField(default=0.0),
        ),
        migrations.AddField(
            model_name='run',
            name='read_units_per_second',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='run',
            name='rows_per_second',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='run',
            name='slow_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='run',
            name='slow_because',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='run',
            name='steered_by',
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AddField(
            model_name='run',
            name='steered_reason',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='run',
            name='target_evidence',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='run',
            name='way',
            field=models.CharField(choices=[('scan', 'parallel segments of the source table'), ('rooms', "room by room through the source's index"), ('reverse', 'token ranges of the target, back into the source')], default='scan', max_length=16),
        ),
        migrations.AddField(
            model_name='run',
            name='whole',
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name='run',
            name='state',
            field=models.CharField(choices=[('running', 'Running'), ('paused', 'Paused'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'given up by a named person')], default='running', max_length=16),
        ),
        migrations.AlterField(
            model_name='segment',
            name='state',
            field=models.CharField(choices=[('pending', 'Pending'), ('leased', 'Leased'), ('done', 'Done'), ('failed', 'set aside'), ('cancelled', 'Cancelled')], default='pending', max_length=16),
        ),
        migrations.CreateModel(
            name='RunMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('read', models.PositiveBigIntegerField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='marks', to='migration.run')),
            ],
            options={
                'indexes': [models.Index(fields=['run', 'at'], name='marks_of_a_run')],
            },
        ),
    ]
