SELECT
    c.oid::bigint AS oid,
    n.nspname AS schema,
    c.relname AS name,
    c.relkind::text AS kind,
    coalesce(p.partstrat::text, '') AS strategy,
    ARRAY(
        SELECT coalesce(a.attname::text, '')
        FROM unnest(p.partattrs::int2[]) WITH ORDINALITY AS k (number, place)
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0
        ORDER BY k.place
    ) AS key_columns,
    coalesce(
        (SELECT format_type(a.atttypid, NULL) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = p.partattrs[0]),
        ''
    ) AS key_type,
    (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid) AS indexes,
    current_setting('TimeZone') AS zone
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
WHERE n.nspname = %(schema)s AND c.relname = %(table)s
