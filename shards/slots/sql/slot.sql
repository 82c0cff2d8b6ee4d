-- One slot and who reads from it; columns that only newer servers have are asked for by name.
SELECT
    s.slot_name::text AS name,
    s.slot_type AS kind,
    coalesce(s.plugin::text, '') AS plugin,
    coalesce(s.database::text, '') AS database,
    s.temporary,
    coalesce(s.wal_status, '') AS wal_status,
    coalesce(s.restart_lsn::text, '') AS restart_lsn,
    coalesce(s.confirmed_flush_lsn::text, '') AS confirmed_lsn,
    greatest(0, pg_current_wal_lsn() - s.restart_lsn)::bigint AS held_bytes,
    greatest(age(s.xmin), age(s.catalog_xmin)) AS xid_age,
    coalesce(to_jsonb(s) ->> 'invalidation_reason', CASE WHEN s.wal_status = 'lost' THEN 'wal_removed' END, '') AS lost_by,
    CASE WHEN s.active_pid IS NOT NULL THEN jsonb_build_object(
        'pid', s.active_pid, 'user', coalesce(a.usename, ''), 'superuser', coalesce(r.rolsuper, true),
        'application', coalesce(a.application_name, ''), 'client', coalesce(host(a.client_addr), ''),
        'started', a.backend_start) END AS reader
FROM pg_replication_slots s
LEFT JOIN pg_stat_activity a ON a.pid = s.active_pid
LEFT JOIN pg_roles r ON r.oid = a.usesysid
WHERE s.slot_name = %(slot)s
