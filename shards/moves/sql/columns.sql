-- The columns of tables. A value is portable in binary form where nothing in it carries an oid of this server alone: that
-- of a reg* type is one; arrays and composites carry those of their elements; types of extensions may do anything.
WITH RECURSIVE used AS (
    SELECT DISTINCT a.atttypid AS type
    FROM pg_attribute a
    WHERE a.attrelid = ANY (%(oids)s::bigint[]::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
),
made_of (type, part, carried) AS (
    SELECT type, type, false FROM used
    UNION
    SELECT made_of.type, inner_part.oid, inner_part.carried
    FROM made_of
    JOIN pg_type t ON t.oid = made_of.part
    CROSS JOIN LATERAL (
        SELECT t.typelem AS oid, true AS carried WHERE t.typelem <> 0 AND t.typlen = -1
        UNION ALL
        SELECT t.typbasetype, made_of.carried WHERE t.typtype = 'd'
        UNION ALL
        SELECT r.rngsubtype, false FROM pg_range r WHERE r.rngtypid = t.oid
        UNION ALL
        SELECT r.rngtypid, false FROM pg_range r WHERE r.rngmultitypid = t.oid
        UNION ALL
        SELECT a.atttypid, true FROM pg_attribute a
        WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS inner_part
),
bound AS (
    SELECT DISTINCT made_of.type
    FROM made_of
    JOIN pg_type t ON t.oid = made_of.part
    WHERE t.typsend = 0 OR t.typreceive = 0
        OR t.oid >= 16384 AND (made_of.carried OR t.typtype = 'b' AND NOT (t.typelem <> 0 AND t.typlen = -1))
        OR t.typnamespace = 'pg_catalog'::regnamespace AND t.typname ~ '^reg'
)
SELECT
    a.attrelid::bigint AS oid,
    a.attname::text AS name,
    format_type(a.atttypid, a.atttypmod) AS type,
    a.attnotnull AS not_null,
    NOT EXISTS (SELECT FROM bound WHERE bound.type = a.atttypid) AS portable,
    a.attgenerated <> '' AS generated,
    CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' ELSE '' END AS identity
FROM pg_attribute a
WHERE a.attrelid = ANY (%(oids)s::bigint[]::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
