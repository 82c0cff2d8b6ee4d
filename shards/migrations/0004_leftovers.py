from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shards", "0003_happenings")]

    operations = [
        migrations.CreateModel(
            name="SeenLeftover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.TextField(unique=True)),
                ("shard", models.CharField(max_length=60)),
                ("source", models.CharField(max_length=40)),
                ("facts", models.JSONField()),
                ("first_seen_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["shard", "source"], name="leftover_by_shard")]},
        ),
    ]
