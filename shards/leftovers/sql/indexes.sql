-- What CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY left when it died; not what it is building now.
SELECT
    current_database()::text AS database,
    n.nspname::text AS schema_name,
    c.relname::text AS name,
    i.indrelid::regclass::text AS table,
    pg_get_userbyid(c.relowner)::text AS owner,
    pg_has_role(c.relowner, 'USAGE') AS ours,
    c.oid::bigint AS oid,
    pg_relation_size(c.oid) AS bytes,
    coalesce(obj_description(c.oid, 'pg_class'), '') AS comment
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid
    AND c.relkind = 'i'
    AND c.relpersistence <> 't'
    AND n.nspname NOT LIKE 'pg\_%'
    AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index g WHERE g.index_relid = i.indexrelid)
ORDER BY schema_name, name
