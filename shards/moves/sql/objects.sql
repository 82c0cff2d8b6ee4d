-- What makes the tables of a schema what they are, by table and name, in words that can be compared between servers. Of
-- partitioned ones the root: the copy makes partitions that are missing.
WITH mine AS (
    SELECT c.oid, c.relname::text AS name, c.relkind, c.relrowsecurity, c.relforcerowsecurity
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relname = ANY (%(names)s)
)
SELECT mine.name AS table_name, 'column ' || a.attname AS what,
    concat_ws(' ', format_type(a.atttypid, a.atttypmod), 'collate ' || nullif(l.collname, 'default'),
        CASE WHEN a.attnotnull THEN 'not null' END,
        CASE a.attgenerated WHEN 's' THEN 'generated as' WHEN 'v' THEN 'computed as' ELSE CASE WHEN d.oid IS NOT NULL THEN 'default' END END,
        pg_get_expr(d.adbin, d.adrelid),
        CASE a.attidentity WHEN 'a' THEN 'identity always' WHEN 'd' THEN 'identity by default' END) AS definition
FROM mine
JOIN pg_attribute a ON a.attrelid = mine.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
UNION ALL
SELECT mine.name, 'constraint ' || k.conname, pg_get_constraintdef(k.oid)
FROM mine
JOIN pg_constraint k ON k.conrelid = mine.oid AND k.contype <> 'n'
UNION ALL
SELECT mine.name, CASE WHEN i.indisunique THEN 'unique index ' ELSE 'index ' END || x.relname,
    pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' (not valid)' END
FROM mine
JOIN pg_index i ON i.indrelid = mine.oid
JOIN pg_class x ON x.oid = i.indexrelid
WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT mine.name, 'policy ' || p.polname,
    concat_ws(' ', p.polcmd::text, CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
        'to', (SELECT string_agg(coalesce(r.rolname, 'public'), ', ' ORDER BY r.rolname)
               FROM unnest(p.polroles) AS role LEFT JOIN pg_roles r ON r.oid = role),
        'using ' || pg_get_expr(p.polqual, p.polrelid), 'with check ' || pg_get_expr(p.polwithcheck, p.polrelid))
FROM mine
JOIN pg_policy p ON p.polrelid = mine.oid
UNION ALL
SELECT mine.name, 'gate ' || t.tgname, pg_get_triggerdef(t.oid)
FROM mine
JOIN pg_trigger t ON t.tgrelid = mine.oid
WHERE t.tgname LIKE 'novaops\_gate%%' AND NOT t.tgisinternal
UNION ALL
SELECT mine.name, 'row security', CASE WHEN relforcerowsecurity THEN 'forced' WHEN relrowsecurity THEN 'on' ELSE 'off' END
FROM mine
UNION ALL
SELECT mine.name, 'partition key', pg_get_partkeydef(mine.oid)
FROM mine
WHERE mine.relkind = 'p'
