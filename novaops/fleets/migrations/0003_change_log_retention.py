"""For how long each fleet keeps its change log, never less than a year."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("fleets", "0002_machines")]

    operations = [
        migrations.AddField(
            model_name="fleet",
            name="change_log_months",
            field=models.PositiveSmallIntegerField(
                default=12, help_text="For how long records of the change log are kept, at least."
            ),
        ),
        migrations.AddConstraint(
            model_name="fleet",
            constraint=models.CheckConstraint(
                condition=models.Q(("change_log_months__gte", 12)), name="change_log_kept_for_a_year"
            ),
        ),
    ]
