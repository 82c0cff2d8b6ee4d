from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0003_server_out"),
    ]

    operations = [
        migrations.AddField(
            model_name="shard",
            name="address",
            field=models.CharField(
                blank=True, default="", help_text="host:port that follows the leader by itself.", max_length=300
            ),
            preserve_default=False,
        ),
    ]
