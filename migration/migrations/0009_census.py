"""The census: a new kind of run, exact counts by room and day, ties, and what a person answered."""

import django.db.models.deletion
import migration.models.exacttext
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('migration', '0008_run_controls'),
    ]

    operations = [
        migrations.CreateModel(
            name='Census',
            fields=[
                ('run', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='census', serialize=False, to='migration.run')),
                ('settings', models.JSONField(default=dict)),
                ('report', models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name='CensusAnswer',
            fields=[
                ('question', models.CharField(choices=[('foreign-writers', 'no program outside this deployment writes into the source any more'), ('immutable', 'no item of the source is edited or deleted once it is there')], max_length=24, primary_key=True, serialize=False)),
                ('holds', models.BooleanField()),
                ('says', models.TextField()),
                ('actor', models.CharField(max_length=150)),
                ('at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.AlterField(
            model_name='run',
            name='kind',
            field=models.CharField(choices=[('backfill', 'Backfill'), ('parity', 'Parity'), ('census', 'Census')], max_length=16),
        ),
        migrations.CreateModel(
            name='CensusRoomDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=32)),
                ('room', migration.models.exacttext.ExactTextField()),
                ('day', models.IntegerField()),
                ('items', models.PositiveBigIntegerField(default=0)),
                ('bytes', models.PositiveBigIntegerField(default=0)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='migration.run')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'key', 'day'), name='one_census_row_per_room_and_day')],
            },
        ),
        migrations.CreateModel(
            name='CensusTie',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=32)),
                ('room', migration.models.exacttext.ExactTextField()),
                ('time_us', models.BigIntegerField()),
                ('items', models.PositiveBigIntegerField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='migration.run')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('run', 'key', 'time_us'), name='one_census_row_per_tie')],
            },
        ),
    ]
