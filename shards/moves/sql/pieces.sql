-- The chunks of some hypertables: little, as this is asked inside a pause too.
SELECT home.nspname || '.' || root.relname AS table_name, n.nspname::text AS schema, piece.relname::text AS name,
    EXISTS (
        SELECT FROM _timescaledb_catalog.chunk c
        WHERE c.schema_name = n.nspname AND c.table_name = piece.relname AND c.compressed_chunk_id IS NOT NULL
    ) AS compressed
FROM pg_inherits
JOIN pg_class root ON root.oid = inhparent
JOIN pg_namespace home ON home.oid = root.relnamespace
JOIN pg_class piece ON piece.oid = inhrelid
JOIN pg_namespace n ON n.oid = piece.relnamespace
WHERE inhparent = ANY (%(roots)s::regclass[])
