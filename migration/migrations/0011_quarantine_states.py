"""What an operator decides about an item in quarantine: fixed or waived, by whom, why, and with which values."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('migration', '0009_census'),
    ]

    operations = [
        migrations.AddField(
            model_name='quarantineditem',
            name='digest',
            field=models.CharField(blank=True, default='', max_length=32),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='quarantineditem',
            name='fixed',
            field=models.TextField(blank=True, default=''),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='quarantineditem',
            name='place',
            field=models.CharField(max_length=32, null=True, unique=True),
        ),
        migrations.AddField(
            model_name='quarantineditem',
            name='settled_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='quarantineditem',
            name='settled_by',
            field=models.CharField(blank=True, default='', max_length=150),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='quarantineditem',
            name='settled_reason',
            field=models.TextField(blank=True, default=''),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='quarantineditem',
            name='state',
            field=models.CharField(choices=[('open', 'Open'), ('fixed', "written into the target with values of an operator's"), ('waived', 'left behind by a named person')], default='open', max_length=8),
        ),
        migrations.AddIndex(
            model_name='quarantineditem',
            index=models.Index(fields=['state', 'code'], name='quarantine_to_do'),
        ),
    ]
