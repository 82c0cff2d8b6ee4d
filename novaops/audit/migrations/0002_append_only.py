"""The head's one row, and the triggers that refuse every change of what was written."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "append_only.sql"
REVERSE = """
DROP TRIGGER append_only ON audit_record;
DROP TRIGGER never_truncated ON audit_record;
DROP TRIGGER forward_only ON audit_head;
DROP TRIGGER never_removed ON audit_head;
DROP TRIGGER never_truncated ON audit_head;
DROP FUNCTION audit_refuse_change();
DROP FUNCTION audit_head_forward();
"""


def add_head(apps, schema_editor):
    apps.get_model("audit", "Head").objects.create()


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunPython(add_head, migrations.RunPython.noop),
        migrations.RunSQL(SQL.read_text(), REVERSE),
    ]
