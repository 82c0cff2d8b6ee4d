-- Every object of the data plane with its definition. Left out: partitions and tenants' schemas, which come and go.
WITH homes AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('public', 'novaops_schema')
),
tables AS (
    SELECT pg_class.oid, format('%s.%s', nspname, relname) AS name, relkind, relrowsecurity, relforcerowsecurity,
        relacl
    FROM pg_class
    JOIN homes ON homes.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND NOT relispartition
        AND NOT EXISTS (
            SELECT FROM pg_depend
            WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'
        )
)
SELECT 'table' AS kind, name, format('%s, row security %s, forced %s, granted %s',
    CASE relkind WHEN 'p' THEN 'partitioned ' || pg_get_partkeydef(oid) ELSE 'plain' END, relrowsecurity,
    relforcerowsecurity, (SELECT string_agg(item::text, ' ' ORDER BY item::text) FROM unnest(relacl) AS item)
    ) AS definition
FROM tables
UNION ALL
SELECT 'column', format('%s.%s', name, attname), concat_ws(' ', format_type(atttypid, atttypmod),
    CASE WHEN attnotnull THEN 'NOT NULL' END, 'DEFAULT ' || pg_get_expr(adbin, adrelid))
FROM tables
JOIN pg_attribute ON attrelid = tables.oid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'constraint', format('%s.%s', name, conname), pg_get_constraintdef(pg_constraint.oid)
FROM tables
JOIN pg_constraint ON conrelid = tables.oid
WHERE conparentid = 0 AND contype IN ('p', 'u', 'f', 'c', 'x')
UNION ALL
SELECT 'index', format('%s.%s', name, index_class.relname), pg_get_indexdef(indexrelid)
    || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END
FROM tables
JOIN pg_index ON indrelid = tables.oid
JOIN pg_class AS index_class ON index_class.oid = indexrelid
UNION ALL
SELECT 'policy', format('%s.%s', name, polname), concat_ws(' ', polcmd, 'USING', pg_get_expr(polqual, polrelid),
    'CHECK', pg_get_expr(polwithcheck, polrelid))
FROM tables
JOIN pg_policy ON polrelid = tables.oid
UNION ALL
SELECT 'trigger', format('%s.%s', name, tgname), pg_get_triggerdef(pg_trigger.oid)
FROM tables
JOIN pg_trigger ON tgrelid = tables.oid
WHERE NOT tgisinternal
UNION ALL
SELECT 'function', format('%s.%s(%s)', nspname, proname, pg_get_function_identity_arguments(pg_proc.oid)),
    pg_get_functiondef(pg_proc.oid)
FROM pg_proc
JOIN homes ON homes.oid = pronamespace
WHERE prokind = 'f'
    AND NOT EXISTS (
        SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e'
    )
ORDER BY kind, name
