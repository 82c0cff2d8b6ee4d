SELECT
    coalesce(r.rolname::text, '') AS role,
    grants.privilege_type AS privilege,
    grants.is_grantable AS grantable
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN aclexplode(c.relacl) AS grants
LEFT JOIN pg_roles r ON r.oid = grants.grantee
WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND grants.grantee <> c.relowner
ORDER BY 1, 2
