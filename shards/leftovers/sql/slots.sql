SELECT
    s.slot_name::text AS name,
    s.slot_type AS kind,
    coalesce(s.plugin::text, '') AS plugin,
    coalesce(s.database::text, '') AS database,
    s.active,
    s.temporary,
    coalesce(s.wal_status, '') AS wal_status,
    greatest(0, pg_current_wal_lsn() - s.restart_lsn)::bigint AS held_bytes,
    greatest(age(s.xmin), age(s.catalog_xmin)) AS xid_age,
    -- A column of PostgreSQL 17.
    (to_jsonb(s) ->> 'inactive_since')::timestamptz AS inactive_since
FROM pg_replication_slots s
ORDER BY held_bytes DESC NULLS LAST, name
