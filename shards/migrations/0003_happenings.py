"""What the fleet was seen to do by itself, so that the change log tells it once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shards", "0002_search_by_part")]

    operations = [
        migrations.CreateModel(
            name="Happening",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "shard",
                    models.CharField(help_text="The name: it outlives the shard's registration.", max_length=60),
                ),
                (
                    "key",
                    models.CharField(
                        help_text='Such as "timeline 3 at 0/5000148" or "restarts of shard-1-a".', max_length=120
                    ),
                ),
                ("state", models.CharField(blank=True, max_length=100)),
                ("seen_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("shard", "key"), name="one_row_per_happening")]
            },
        ),
    ]
