-- Which tables of a schema are in which publications, but for those of the move itself.
SELECT
    p.pubname::text AS publication,
    n.nspname::text AS schema,
    c.relname::text AS name,
    ARRAY(
        SELECT a.attname::text
        FROM unnest(r.prattrs::int2[]) AS k (number)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
        ORDER BY k.number
    ) AS columns,
    coalesce(pg_get_expr(r.prqual, r.prrelid), '') AS condition
FROM pg_publication_rel r
JOIN pg_publication p ON p.oid = r.prpubid
JOIN pg_class c ON c.oid = r.prrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND NOT starts_with(p.pubname::text, %(own)s)
ORDER BY 1, 3
