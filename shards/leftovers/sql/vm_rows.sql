-- An application may write the parts of a VM one after the other: what is younger than an hour is left alone.
WITH part AS MATERIALIZED (
    SELECT tenant_id, {vm} AS id FROM {table} {sample} WHERE {at} < now() - interval '1 hour'
)
SELECT
    (SELECT count(*) FROM part) AS looked,
    (SELECT count(*) FROM part
        WHERE NOT EXISTS (SELECT FROM public.vms v WHERE v.tenant_id = part.tenant_id AND v.id = part.id)) AS found
