-- {table} is walked from one tenant to the next by its index, so that its size does not matter, only how many tenants.
WITH RECURSIVE found AS (
    (SELECT tenant_id FROM {table} ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT n.tenant_id FROM {table} n WHERE n.tenant_id > found.tenant_id ORDER BY n.tenant_id LIMIT 1)
    FROM found
    WHERE found.tenant_id IS NOT NULL
)
SELECT f.tenant_id, (SELECT count(*) FROM (SELECT FROM {table} x WHERE x.tenant_id = f.tenant_id LIMIT {most}) AS counted)
    AS rows
FROM found f
WHERE f.tenant_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.tenants k WHERE k.tenant_id = f.tenant_id)
LIMIT {tenants}
