SELECT
    p.polname AS name,
    p.polpermissive AS permissive,
    CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END AS command,
    ARRAY(SELECT coalesce(r.rolname::text, '') FROM unnest(p.polroles) AS role (oid) LEFT JOIN pg_roles r ON r.oid = role.oid) AS roles,
    pg_get_expr(p.polqual, p.polrelid) AS visible,
    pg_get_expr(p.polwithcheck, p.polrelid) AS writable
FROM pg_policy p
JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(table)s
ORDER BY p.polname
