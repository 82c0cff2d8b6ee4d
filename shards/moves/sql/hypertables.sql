-- The hypertables of a schema, where TimescaleDB is installed.
SELECT
    h.hypertable_name::text AS name,
    h.compression_enabled OR EXISTS (
        SELECT FROM timescaledb_information.chunks c
        WHERE c.hypertable_schema = h.hypertable_schema AND c.hypertable_name = h.hypertable_name AND c.is_compressed
    ) AS compressed,
    EXISTS (
        SELECT FROM timescaledb_information.continuous_aggregates a
        WHERE a.hypertable_schema = h.hypertable_schema AND a.hypertable_name = h.hypertable_name
    ) AS aggregated,
    ARRAY(
        SELECT to_jsonb(d)
        FROM timescaledb_information.dimensions d
        WHERE d.hypertable_schema = h.hypertable_schema AND d.hypertable_name = h.hypertable_name
        ORDER BY d.dimension_number
    ) AS dimensions
FROM timescaledb_information.hypertables h
WHERE h.hypertable_schema = %(schema)s
