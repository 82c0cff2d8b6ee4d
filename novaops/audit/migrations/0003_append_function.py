"""Records are written by one function of the database, so that nobody needs the right to write into the tables."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "append.sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only")]

    operations = [migrations.RunSQL(SQL.read_text(), "DROP FUNCTION audit_append")]
