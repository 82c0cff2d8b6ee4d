"""Trigram indexes for the search of the tenants' page, where PostgreSQL offers them; without them it is only slower."""

from django.db import migrations

FORWARDS = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        RETURN;
    END IF;
    BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
    EXCEPTION WHEN insufficient_privilege THEN
        RETURN;
    END;
    CREATE INDEX placement_search ON shards_placement USING gin
        (upper(tenant_id::text) public.gin_trgm_ops, upper(name::text) public.gin_trgm_ops);
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("shards", "0001_placement")]
    operations = [migrations.RunSQL(FORWARDS, "DROP INDEX IF EXISTS placement_search")]
