from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operations", "0007_children")]

    operations = [
        migrations.AddField("recurrence", "paused_at", models.DateTimeField(null=True)),
        migrations.AddField("recurrence", "paused_by_name", models.CharField(blank=True, max_length=150)),
        migrations.AddField(
            "recurrence",
            "resumed_at",
            models.DateTimeField(help_text="Turns before it are not made up for.", null=True),
        ),
    ]
