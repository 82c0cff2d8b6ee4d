WITH here AS (
    SELECT
        pg_is_in_recovery() AS in_recovery,
        CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() END AS written,
        pg_last_wal_receive_lsn() AS received,
        pg_last_wal_replay_lsn() AS replayed
),
activity AS (
    SELECT coalesce(state, 'other') AS state, count(*) AS number
    FROM pg_stat_activity
    WHERE backend_type = 'client backend'
    GROUP BY 1
),
longest AS (
    SELECT pid, extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds, usename AS "user",
        application_name AS application, coalesce(state, '') AS state, left(query, 300) AS query
    FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
    ORDER BY xact_start
    LIMIT 1
),
standbys AS (
    SELECT r.application_name, host(r.client_addr) AS client_address, coalesce(r.state, '') AS state,
        coalesce(r.sync_state, '') AS sync_state,
        (coalesce(h.written, h.replayed) - r.sent_lsn)::bigint AS sent_lag_bytes,
        (coalesce(h.written, h.replayed) - r.flush_lsn)::bigint AS flush_lag_bytes,
        (coalesce(h.written, h.replayed) - r.replay_lsn)::bigint AS replay_lag_bytes,
        extract(epoch FROM r.write_lag)::float8 AS write_lag_seconds,
        extract(epoch FROM r.flush_lag)::float8 AS flush_lag_seconds,
        extract(epoch FROM r.replay_lag)::float8 AS replay_lag_seconds
    FROM pg_stat_replication r CROSS JOIN here h
),
slots AS (
    SELECT s.slot_name AS name, s.slot_type AS kind, coalesce(s.plugin, '') AS plugin,
        coalesce(s.database, '') AS database, s.active, s.temporary, coalesce(s.wal_status, '') AS wal_status,
        greatest(0, coalesce(h.written, h.replayed) - s.restart_lsn)::bigint AS held_bytes,
        s.safe_wal_size AS safe_bytes
    FROM pg_replication_slots s CROSS JOIN here h
)
SELECT
    current_setting('server_version') AS version,
    current_setting('server_version_num')::int AS version_number,
    h.in_recovery,
    pg_postmaster_start_time() AS started_at,
    extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())::float8 AS uptime_seconds,
    CASE
        WHEN h.in_recovery THEN coalesce(
            (SELECT received_tli FROM pg_stat_wal_receiver), (SELECT timeline_id FROM pg_control_checkpoint()))
        ELSE ('x' || left(pg_walfile_name(h.written), 8))::bit(32)::int
    END AS timeline,
    (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
    current_setting('data_checksums') = 'on' AS checksums,
    (h.written - '0/0'::pg_lsn)::bigint AS written,
    (h.received - '0/0'::pg_lsn)::bigint AS received,
    CASE WHEN h.in_recovery THEN (h.replayed - '0/0'::pg_lsn)::bigint END AS replayed,
    CASE
        WHEN NOT h.in_recovery THEN NULL
        WHEN h.received = h.replayed THEN 0
        ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8
    END AS replay_lag_seconds,
    CASE WHEN h.in_recovery THEN pg_is_wal_replay_paused() ELSE false END AS replay_paused,
    coalesce((SELECT status FROM pg_stat_wal_receiver), '') AS receiver_status,
    coalesce((SELECT sender_host FROM pg_stat_wal_receiver), '') AS sender_host,
    (SELECT sender_port FROM pg_stat_wal_receiver) AS sender_port,
    current_database() AS database,
    pg_database_size(current_database()) AS database_bytes,
    d.temp_bytes AS temp_bytes_total,
    coalesce(current_setting('data_directory', true), '') AS data_directory,
    current_setting('max_connections')::int AS max_connections,
    (SELECT coalesce(sum(number), 0) FROM activity) AS connections,
    (SELECT coalesce(jsonb_object_agg(state, number), '{}') FROM activity) AS connections_by_state,
    d.xact_commit AS commits_total,
    d.xact_rollback AS rollbacks_total,
    d.deadlocks AS deadlocks_total,
    d.conflicts AS conflicts_total,
    d.blks_hit AS blocks_hit_total,
    d.blks_read AS blocks_read_total,
    d.tup_returned AS rows_returned_total,
    d.tup_inserted + d.tup_updated + d.tup_deleted AS rows_written_total,
    d.checksum_failures,
    d.stats_reset,
    (SELECT to_jsonb(longest) FROM longest) AS longest_transaction,
    (SELECT coalesce(jsonb_agg(to_jsonb(standbys) ORDER BY application_name), '[]') FROM standbys) AS standbys,
    (SELECT coalesce(jsonb_agg(to_jsonb(slots) ORDER BY name), '[]') FROM slots) AS slots,
    (SELECT coalesce(jsonb_agg(name ORDER BY name), '[]') FROM pg_settings WHERE pending_restart) AS pending_restart
FROM here h
JOIN pg_stat_database d ON d.datname = current_database()
