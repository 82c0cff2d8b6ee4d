from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0002_application_credential"),
    ]

    operations = [
        migrations.AddField(
            model_name="server",
            name="out",
            field=models.BooleanField(
                default=False, help_text="Registered, but not used for now: an operator took it out."
            ),
        ),
    ]
