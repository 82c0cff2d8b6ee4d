-- Which of the tables refer to which others of them.
SELECT conrelid::bigint AS oid, array_agg(DISTINCT confrelid::bigint) AS refers_to
FROM pg_constraint
WHERE contype = 'f' AND conparentid = 0 AND conrelid <> confrelid
    AND conrelid = ANY (%(oids)s::bigint[]::oid[]) AND confrelid = ANY (%(oids)s::bigint[]::oid[])
GROUP BY conrelid
