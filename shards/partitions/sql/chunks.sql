SELECT
    k.hypertable_schema || '.' || k.hypertable_name AS parent,
    k.chunk_schema AS schema_name,
    k.chunk_name AS name,
    coalesce(k.range_start::text, k.range_start_integer::text, '') AS lower,
    coalesce(k.range_end::text, k.range_end_integer::text, '') AS upper,
    k.range_start AS begins,
    k.range_end AS ends,
    pg_total_relation_size(c.oid) AS bytes,
    c.reltuples::bigint AS rows
FROM timescaledb_information.chunks k
JOIN pg_namespace n ON n.nspname = k.chunk_schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = k.chunk_name
ORDER BY 1, k.range_start, k.range_start_integer, k.chunk_name
