-- The shared tables that hold tenants' rows, with what each refers to. `indexed`: an index finds the rows of one tenant;
-- `keys`: the columns of the primary key besides it.
SELECT
    c.oid::bigint AS oid,
    c.relname::text AS name,
    (SELECT sum(greatest(part.reltuples, 0)) FROM pg_class part
        WHERE part.oid = c.oid OR part.oid IN (SELECT relid FROM pg_partition_tree(c.oid)))::bigint AS rows,
    EXISTS (
        SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid AND i.indkey[0] = a.attnum AND i.indpred IS NULL
    ) AS indexed,
    ARRAY(
        SELECT k.attname::text
        FROM pg_index i
        CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS part (number, place)
        JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = part.number
        WHERE i.indrelid = c.oid AND i.indisprimary AND k.attname <> 'tenant_id'
        ORDER BY part.place
    ) AS keys,
    ARRAY(
        SELECT DISTINCT f.confrelid::bigint FROM pg_constraint f
        WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid
    ) AS refers_to
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY name
