-- All indexes of a schema that are built faster after the rows are there: whose definition says all about them, and on
-- which nothing else rests. Those of a partitioned table come before those of its partitions. Unique ones are none of
-- them: parts are copied at different moments, and only changes that come later make what they hold unique. Hypertables
-- (their trigger tells them) keep theirs: each chunk is made with them.
WITH RECURSIVE found AS (
    SELECT i.indexrelid AS oid, i.indrelid AS table_oid, c.relname AS name, c.relkind AS kind,
        (SELECT link.inhparent FROM pg_inherits link WHERE link.inhrelid = i.indexrelid) AS parent,
        i.indisunique OR i.indisreplident OR i.indisexclusion OR i.indisclustered
            OR obj_description(i.indexrelid, 'pg_class') IS NOT NULL
            OR EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = i.indexrelid)
            OR EXISTS (
                SELECT FROM pg_attribute a WHERE a.attrelid = i.indexrelid AND coalesce(a.attstattarget, -1) >= 0
            ) AS stays
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_class own ON own.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = own.relnamespace
    WHERE n.nspname = %(schema)s AND own.relkind IN ('r', 'p', 'm')
        AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = own.oid AND t.tgname = 'ts_insert_blocker')
),
trees AS (
    SELECT found.*, 0 AS depth, found.oid AS root FROM found WHERE parent IS NULL
    UNION ALL
    SELECT found.*, trees.depth + 1, trees.root FROM found JOIN trees ON trees.oid = found.parent
)
SELECT
    trees.name::text AS name,
    home.relname::text AS table_name,
    trees.kind = 'I' AS partitioned,
    pg_get_indexdef(trees.oid) AS definition,
    coalesce(above.relname::text, '') AS parent
FROM trees
JOIN pg_class home ON home.oid = trees.table_oid
LEFT JOIN pg_class above ON above.oid = trees.parent
WHERE NOT EXISTS (SELECT FROM trees AS kin WHERE kin.root = trees.root AND kin.stays)
ORDER BY trees.depth, trees.name
