-- Tables that are attached to nothing and look as if they should be: detachments that were cut off, what calls itself
-- unfinished, what an operation made and nobody attached, and what is named and built like a partition of a table beside.
WITH columns AS (
    SELECT attrelid, array_agg(format('%s %s', attname, format_type(atttypid, atttypmod)) ORDER BY attname) AS shape
    FROM pg_attribute
    WHERE attnum > 0 AND NOT attisdropped
    GROUP BY attrelid
),
loose AS (
    SELECT c.* FROM pg_class c
    WHERE c.relkind IN ('r', 'p')
        AND c.relpersistence <> 't'
        AND NOT c.relispartition
        AND NOT EXISTS (SELECT FROM pg_inherits link WHERE link.inhrelid = c.oid)
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
            AND d.deptype = 'e')
),
found AS (
    SELECT link.inhrelid AS oid, 'pending' AS why, link.inhparent AS parent FROM pg_inherits link
    WHERE link.inhdetachpending
    UNION ALL
    SELECT l.oid, 'unfinished', NULL FROM loose l WHERE l.relname ~ '_unfinished$'
    UNION ALL
    SELECT l.oid, 'detached', NULL FROM loose l
    WHERE obj_description(l.oid, 'pg_class') ~ 'NovaOps operation \d+ of console [0-9a-f]{12}'
    UNION ALL
    SELECT l.oid, 'detached', p.oid
    FROM loose l
    JOIN pg_class p ON p.relnamespace = l.relnamespace AND p.relkind = 'p' AND l.relname LIKE p.relname || '\_%'
        AND substr(l.relname, length(p.relname) + 2) ~ '^[pymdw_]*\d[0-9_a-z]*$'
    JOIN columns own ON own.attrelid = l.oid
    JOIN columns theirs ON theirs.attrelid = p.oid AND theirs.shape = own.shape
)
SELECT DISTINCT ON (n.nspname, c.relname)
    current_database()::text AS database,
    n.nspname::text AS schema_name,
    c.relname::text AS name,
    found.why,
    coalesce(found.parent::regclass::text, '') AS parent,
    pg_get_userbyid(c.relowner)::text AS owner,
    pg_has_role(c.relowner, 'USAGE') AS ours,
    c.oid::bigint AS oid,
    size.bytes,
    c.reltuples::bigint AS rows,
    coalesce(obj_description(c.oid, 'pg_class'), '') AS comment
FROM found
JOIN pg_class c ON c.oid = found.oid
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT coalesce(sum(pg_total_relation_size(tree.relid)), 0)::bigint AS bytes
    FROM (SELECT c.oid AS relid UNION SELECT relid FROM pg_partition_tree(c.oid)) AS tree
) AS size
WHERE n.nspname NOT LIKE 'pg\_%'
ORDER BY n.nspname, c.relname, found.why DESC, found.parent NULLS LAST
