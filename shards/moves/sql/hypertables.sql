-- The hypertables of a schema, where TimescaleDB is installed. From its catalog: its views take long to plan, and this is
-- asked whenever a move begins a stage.
SELECT
    h.table_name::text AS name,
    h.compression_state <> 0 OR EXISTS (
        SELECT FROM _timescaledb_catalog.chunk c WHERE c.hypertable_id = h.id AND c.compressed_chunk_id IS NOT NULL
    ) AS compressed,
    EXISTS (SELECT FROM _timescaledb_catalog.continuous_agg a WHERE a.raw_hypertable_id = h.id) AS aggregated,
    ARRAY(
        SELECT jsonb_build_object('column', d.column_name, 'type', format_type(d.column_type, NULL),
            'function', d.num_slices IS NULL AND d.partitioning_func IS NOT NULL,
            'slices', d.num_slices, 'length', d.interval_length)
        FROM _timescaledb_catalog.dimension d
        WHERE d.hypertable_id = h.id
        ORDER BY d.num_slices IS NOT NULL, d.id
    ) AS dimensions
FROM _timescaledb_catalog.hypertable h
WHERE h.schema_name = %(schema)s
