"""Indexes for the auditor's filters, full text, timelines and access review: `sql/finding.sql`."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql" / "finding.sql"
REVERSE = """
DROP INDEX record_by_words, record_by_target, record_by_thing, record_by_kind, record_by_ticket, record_by_use;
DROP FUNCTION audit_words;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_checkpoints")]

    operations = [
        migrations.RunSQL(SQL.read_text(), REVERSE),
        migrations.RemoveIndex("record", "record_by_subject"),
    ]
