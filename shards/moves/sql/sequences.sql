-- Sequences that columns of the tables own or take their default from, and all of the tenant's schema.
WITH uses AS (
    SELECT d.objid AS sequence, d.refobjid AS relation
    FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    UNION
    SELECT d.refobjid, f.adrelid
    FROM pg_depend d
    JOIN pg_attrdef f ON f.oid = d.objid
    WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
)
SELECT n.nspname::text AS schema, c.relname::text AS name, s.seqincrement AS step
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = nullif(%(schema)s, '')
    OR EXISTS (
        SELECT FROM uses WHERE uses.sequence = c.oid AND uses.relation = ANY (%(oids)s::bigint[]::oid[])
    )
ORDER BY 1, 2
