-- The tables of a tenant: with a `schema`, all of it; else those of public that tell tenants apart, but for `tenants`.
-- Of each the identity by which changes of its rows are known, and of a partitioned one that of each partition (or chunk).
WITH identities AS (
    SELECT
        i.indrelid AS relation,
        c.relreplident AS said,
        ARRAY(
            SELECT a.attname::text
            FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
            WHERE k.place <= i.indnkeyatts
            ORDER BY k.place
        ) AS columns
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid
    WHERE CASE c.relreplident WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END
        AND i.indisvalid AND i.indisunique AND i.indimmediate AND i.indpred IS NULL AND c.relreplident <> 'n'
),
mine AS (
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relreplident
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition
        AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
        )
        AND CASE
            WHEN %(schema)s::text <> '' THEN n.nspname = %(schema)s::text
            ELSE n.nspname = 'public' AND c.relname <> 'tenants'
                AND EXISTS (
                    SELECT FROM pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
                )
                AND (
                    EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'own_tenant')
                    OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'novaops_gate')
                )
            END
)
SELECT
    mine.oid::bigint AS oid,
    mine.nspname::text AS schema,
    mine.relname::text AS name,
    mine.relkind::text AS kind,
    mine.relpersistence::text AS persistence,
    mine.relreplident::text AS replica_identity,
    coalesce(identities.columns, '{}') AS key,
    ARRAY(
        SELECT link.inhrelid::regclass::text FROM pg_inherits link
        WHERE mine.relkind = 'r' AND link.inhparent = mine.oid ORDER BY 1
    ) AS heirs,
    ARRAY(
        SELECT tree.relid::regclass::text
        FROM (
            SELECT relid, isleaf FROM pg_partition_tree(mine.oid)
            UNION ALL
            SELECT inhrelid, true FROM pg_inherits WHERE mine.relkind = 'r' AND inhparent = mine.oid
        ) AS tree
        JOIN pg_class leaf ON leaf.oid = tree.relid
        LEFT JOIN identities AS own ON own.relation = leaf.oid
        WHERE tree.isleaf AND leaf.oid <> mine.oid AND (
            leaf.relkind <> 'r' OR leaf.relpersistence <> 'p'
            OR own.columns IS NULL OR NOT (own.columns @> identities.columns AND own.columns <@ identities.columns)
        )
        ORDER BY 1
    ) AS odd_partitions
FROM mine
LEFT JOIN identities ON identities.relation = mine.oid
ORDER BY mine.nspname, mine.relname
