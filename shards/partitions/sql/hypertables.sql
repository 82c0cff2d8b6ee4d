-- TimescaleDB's hypertables with the retention that a job of theirs keeps, where there is one and the key is a time.
SELECT
    h.hypertable_schema AS schema_name,
    h.hypertable_name AS name,
    d.column_name AS key,
    d.column_type::text AS key_type,
    coalesce(d.time_interval::text, d.integer_interval::text) AS interval,
    extract(epoch FROM d.time_interval)::float8 AS interval_seconds,
    (
        SELECT extract(epoch FROM (j.config ->> 'drop_after')::interval)::float8 / 86400
        FROM timescaledb_information.jobs j
        WHERE j.proc_name = 'policy_retention' AND j.hypertable_schema = h.hypertable_schema
            AND j.hypertable_name = h.hypertable_name AND d.time_interval IS NOT NULL
    ) AS retention_days
FROM timescaledb_information.hypertables h
JOIN timescaledb_information.dimensions d USING (hypertable_schema, hypertable_name)
WHERE d.dimension_number = 1
ORDER BY 1, 2
