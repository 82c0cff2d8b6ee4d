-- Every partitioned table that is not itself a partition, with its key.
SELECT
    c.oid::bigint AS oid,
    n.nspname AS schema_name,
    c.relname AS name,
    CASE p.partstrat WHEN 'r' THEN 'range' WHEN 'l' THEN 'list' ELSE 'hash' END AS strategy,
    regexp_replace(pg_get_partkeydef(c.oid), '^\w+ \((.*)\)$', '\1') AS key,
    coalesce(a.attname, '') AS key_column,
    coalesce(format_type(a.atttypid, NULL), '') AS key_type,
    current_setting('TimeZone') AS zone
FROM pg_partitioned_table p
JOIN pg_class c ON c.oid = p.partrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0] AND a.attnum > 0
WHERE NOT c.relispartition
ORDER BY n.nspname, c.relname
