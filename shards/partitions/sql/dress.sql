SELECT
    pg_get_userbyid(c.relowner)::text AS owner,
    c.relrowsecurity AS row_security,
    c.relforcerowsecurity AS forced_row_security,
    coalesce(c.reloptions, '{}')::text[] AS options,
    coalesce(t.spcname::text, '') AS tablespace
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
WHERE n.nspname = %(schema)s AND c.relname = %(table)s
