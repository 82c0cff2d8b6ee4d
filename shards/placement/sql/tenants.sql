-- VMs are counted in the narrow table; bytes are the tenant's share of the VMs' rows, times what the shared tables take.
-- A tenant with a schema of its own takes what its schema takes.
WITH shared AS (
    SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::float8 AS bytes
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r'
),
counted AS (
    SELECT tenant_id, count(*) AS vms FROM public.vms_hot GROUP BY tenant_id
),
own AS (
    SELECT n.nspname AS schema_name, sum(pg_total_relation_size(c.oid))::bigint AS bytes,
        sum(greatest(c.reltuples, 0)) FILTER (WHERE c.relname = 'vms_hot')::bigint AS vms
    FROM public.tenants t
    JOIN pg_namespace n ON n.nspname = t.schema_name
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r'
    GROUP BY n.nspname
)
SELECT
    t.tenant_id,
    t.name,
    t.isolation,
    -- Columns of data plane 0010.
    coalesce(to_jsonb(t) ->> 'gate', 'open') AS gate,
    coalesce(to_jsonb(t) ->> 'moved_to', '') AS moved_to,
    coalesce(own.vms, counted.vms, 0) AS vms,
    coalesce(own.bytes, shared.bytes * counted.vms / nullif(sum(counted.vms) OVER (), 0), 0)::bigint AS bytes
FROM public.tenants t
CROSS JOIN shared
LEFT JOIN counted USING (tenant_id)
LEFT JOIN own ON own.schema_name = t.schema_name
ORDER BY t.tenant_id
