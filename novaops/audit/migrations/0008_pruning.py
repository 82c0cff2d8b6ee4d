"""What is taken away from the beginning of the chain, with leave, by the owner of the tables alone."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql" / "pruning.sql"
REVERSE = """
DROP FUNCTION audit_prune_by_owner(text, text);
DROP TRIGGER append_only ON audit_record;
DROP FUNCTION audit_refuse_removal();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_record
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_record ENABLE ALWAYS TRIGGER append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0007_append_alone")]

    operations = [
        migrations.CreateModel(
            name="Pruning",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField(help_text="The last record that went.", unique=True)),
                ("made_at", models.DateTimeField()),
                ("key", models.CharField(help_text="The public key, 64 hex digits.", max_length=64)),
                ("body", models.TextField()),
                ("signature", models.CharField(max_length=128)),
            ],
            options={"ordering": ["-number"]},
        ),
        migrations.RunSQL(SQL.read_text(), REVERSE),
    ]
