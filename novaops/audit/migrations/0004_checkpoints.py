"""Checkpoints, written by one function of the database; how their making, delivery and verification go."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "checkpoints.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_append_function"),
    ]

    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("sequence", models.BigIntegerField(help_text="The last record that it covers.", unique=True)),
                ("made_at", models.DateTimeField()),
                ("key", models.CharField(help_text="The public key, 64 hex digits.", max_length=64)),
                ("body", models.TextField()),
                ("signature", models.CharField(max_length=128)),
                (
                    "frontier",
                    models.JSONField(help_text="The tree's whole subtrees at that moment, from which it grows on."),
                ),
                ("added", models.JSONField(help_text="The subtrees of the records since the checkpoint before.")),
                ("introduction", models.JSONField(help_text="What the key before signed about this one.", null=True)),
            ],
            options={
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sink", models.CharField(help_text="Its address, without a password.", max_length=300, unique=True)),
                (
                    "delivered",
                    models.BigIntegerField(default=0, help_text="The number of the last checkpoint that it took."),
                ),
                ("delivered_at", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True)),
                ("since", models.DateTimeField(help_text="Since when it refuses.", null=True)),
                ("attempts", models.PositiveIntegerField(default=0, help_text="In vain, one after the other.")),
                ("next_at", models.DateTimeField(help_text="When it is tried again; whoever tries moves it on first.")),
            ],
            options={
                "ordering": ["sink"],
            },
        ),
        migrations.CreateModel(
            name="Signing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tried_at", models.DateTimeField(null=True)),
                ("busy_until", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True)),
                ("since", models.DateTimeField(help_text="Since when there is that problem.", null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_by", models.CharField(max_length=150)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(help_text="The last sign of life of the process that reads.")),
                ("ended_at", models.DateTimeField(null=True)),
                ("total", models.BigIntegerField(default=0)),
                (
                    "records",
                    models.BigIntegerField(default=0, help_text="So many are read; at the end, so many are good."),
                ),
                ("whole", models.BooleanField(null=True)),
                ("first_bad", models.BigIntegerField(null=True)),
                ("sentence", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["-started_at"],
            },
        ),
        migrations.RunSQL(SQL.read_text(), "DROP FUNCTION audit_add_checkpoint"),
    ]
