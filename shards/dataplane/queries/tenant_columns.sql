-- Columns of tenants' schemas that differ from public's; the default of tenant_id differs by intent.
WITH columns AS (
    SELECT nspname, relname, attname, concat_ws(' ', format_type(atttypid, atttypmod),
        CASE WHEN attnotnull THEN 'NOT NULL' END) AS definition
    FROM pg_class
    JOIN pg_namespace ON pg_namespace.oid = relnamespace
    JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND attnum > 0 AND NOT attisdropped
        AND relname IN ('users', 'vms', 'vms_hot', 'vms_cold', 'vm_audit', 'vm_metrics')
),
expected AS (
    SELECT schema_name, relname, attname, definition
    FROM public.tenants
    CROSS JOIN columns
    WHERE isolation = 'schema' AND nspname = 'public'
),
found AS (
    SELECT nspname AS schema_name, relname, attname, definition
    FROM columns
    WHERE nspname IN (SELECT schema_name FROM public.tenants WHERE isolation = 'schema')
)
SELECT 'column' AS kind, format('%s.%s.%s', schema_name, relname, attname) AS name,
    expected.definition AS expected, found.definition AS found
FROM expected
FULL JOIN found USING (schema_name, relname, attname)
WHERE expected.definition IS DISTINCT FROM found.definition
ORDER BY name
