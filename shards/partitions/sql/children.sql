SELECT
    n.nspname AS schema,
    c.relname AS name,
    c.relkind::text AS kind,
    pg_get_expr(c.relpartbound, c.oid) AS bound,
    coalesce(obj_description(c.oid, 'pg_class'), '') AS comment,
    c.relrowsecurity AS row_security,
    c.relforcerowsecurity AS forced_row_security,
    (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid) AS indexes
FROM pg_inherits AS link
JOIN pg_class c ON c.oid = link.inhrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE link.inhparent = %(oid)s AND c.relispartition
ORDER BY c.relname
