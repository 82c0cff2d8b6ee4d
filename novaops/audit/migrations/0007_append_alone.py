"""A record that is a transaction of its own takes one call of the database."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "append_alone.sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_background")]

    operations = [migrations.RunSQL(SQL.read_text(), "DROP PROCEDURE audit_append_alone")]
