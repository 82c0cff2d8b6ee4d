-- Schemas that are made like a tenant's own; whose it is says the default of tenant_id.
SELECT
    n.nspname::text AS name,
    coalesce(substring(pg_get_expr(d.adbin, d.adrelid) FROM '^''(.*)''::text$'), '') AS tenant_id,
    coalesce(n.nspname IN (SELECT t.schema_name FROM public.tenants t), false) AS listed,
    (SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
        WHERE c.relnamespace = n.oid AND c.relkind = 'r')::bigint AS bytes
FROM pg_namespace n
JOIN pg_class hot ON hot.relnamespace = n.oid AND hot.relname = 'vms_hot' AND hot.relkind = 'r'
JOIN pg_class vms ON vms.relnamespace = n.oid AND vms.relname = 'vms' AND vms.relkind IN ('r', 'p')
JOIN pg_attribute a ON a.attrelid = hot.oid AND a.attname = 'tenant_id'
LEFT JOIN pg_attrdef d ON d.adrelid = hot.oid AND d.adnum = a.attnum
WHERE n.nspname <> 'public'
ORDER BY name
