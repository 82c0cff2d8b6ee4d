-- Every direct partition of every partitioned table; one that is partitioned further counts with all below it.
-- An index of the parent is missing where no index of the partition is attached to it.
WITH tops AS (
    SELECT p.partrelid AS parent FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
    WHERE NOT c.relispartition
),
direct AS (
    SELECT t.parent, c.oid AS child, c.relname, c.relnamespace, c.relpartbound
    FROM tops t
    JOIN pg_inherits link ON link.inhparent = t.parent
    JOIN pg_class c ON c.oid = link.inhrelid AND c.relispartition
),
missing AS (
    SELECT d.child, array_agg(i.indexrelid::regclass::text) AS indexes
    FROM direct d
    JOIN pg_index i ON i.indrelid = d.parent
    WHERE NOT EXISTS (
        SELECT FROM pg_inherits link JOIN pg_index own ON own.indexrelid = link.inhrelid
        WHERE link.inhparent = i.indexrelid AND own.indrelid = d.child
    )
    GROUP BY d.child
)
SELECT
    d.parent::bigint AS parent,
    n.nspname AS schema_name,
    d.relname AS name,
    pg_get_expr(d.relpartbound, d.child) AS bound,
    below.bytes,
    below.rows,
    coalesce(missing.indexes, '{}') AS missing_indexes
FROM direct d
JOIN pg_namespace n ON n.oid = d.relnamespace
LEFT JOIN missing USING (child)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint AS bytes,
        CASE WHEN count(*) FILTER (WHERE c.reltuples >= 0) = 0 THEN -1
            ELSE sum(greatest(c.reltuples, 0)) END::bigint AS rows
    FROM pg_partition_tree(d.child) AS tree
    JOIN pg_class c ON c.oid = tree.relid
    WHERE c.relkind = 'r'
) AS below
