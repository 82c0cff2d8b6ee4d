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
backends AS (
    -- The oldest transactions first, then what works, then the rest; who waits for a lock also says for whom.
    SELECT pid, coalesce(usename, '') AS "user", application_name AS application, coalesce(host(client_addr), '') AS client,
        coalesce(datname, '') AS database, coalesce(state, '') AS state,
        coalesce(wait_event_type, '') AS wait_type, coalesce(wait_event, '') AS wait,
        to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS started,
        extract(epoch FROM clock_timestamp() - xact_start)::float8 AS transaction_seconds,
        extract(epoch FROM clock_timestamp() - query_start)::float8 AS query_seconds,
        extract(epoch FROM clock_timestamp() - state_change)::float8 AS state_seconds,
        CASE WHEN wait_event_type = 'Lock' THEN to_jsonb(pg_blocking_pids(pid)) ELSE '[]' END AS blocked_by,
        left(query, 400) AS query
    FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
    ORDER BY xact_start NULLS LAST, state = 'active' DESC NULLS LAST, state_change DESC NULLS LAST, pid
    LIMIT 25
),
replayer AS (
    SELECT pid, coalesce(wait_event_type, '') AS wait_type, coalesce(wait_event, '') AS wait
    FROM pg_stat_activity
    WHERE backend_type = 'startup'
    LIMIT 1
),
copies AS (
    SELECT p.pid, coalesce(a.application_name, '') AS application, coalesce(host(a.client_addr), '') AS client,
        coalesce(p.phase, '') AS phase, p.backup_total AS total_bytes, p.backup_streamed AS done_bytes,
        extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS seconds
    FROM pg_stat_progress_basebackup p
    LEFT JOIN pg_stat_activity a USING (pid)
),
conflicts AS (
    -- One column per cause; PostgreSQL 16 added one.
    SELECT c.cause, sum(c.number::bigint) AS number
    FROM pg_stat_database_conflicts d
    CROSS JOIN LATERAL jsonb_each_text(to_jsonb(d) - 'datid' - 'datname') AS c (cause, number)
    GROUP BY 1
),
archived AS (
    SELECT archived_count, coalesce(last_archived_wal, '') AS last_wal, last_archived_time AS last_at,
        failed_count, coalesce(last_failed_wal, '') AS failed_wal, last_failed_time AS failed_at,
        current_setting('archive_mode') AS mode
    FROM pg_stat_archiver
),
longest AS (
    SELECT pid, extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds, coalesce(usename, '') AS "user",
        application_name AS application, coalesce(state, '') AS state, left(query, 400) AS query
    FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
    ORDER BY xact_start
    LIMIT 1
),
standbys AS (
    SELECT coalesce(r.application_name, '') AS application_name, host(r.client_addr) AS client_address, coalesce(r.state, '') AS state,
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
        s.safe_wal_size AS safe_bytes,
        -- Columns of PostgreSQL 16 and 17.
        coalesce(to_jsonb(s) ->> 'invalidation_reason',
            CASE WHEN (to_jsonb(s) ->> 'conflicting')::boolean THEN 'conflict' END, '') AS invalid,
        coalesce((to_jsonb(s) ->> 'failover')::boolean, false) AS failover,
        coalesce((to_jsonb(s) ->> 'synced')::boolean, false) AS synced,
        (to_jsonb(s) ->> 'inactive_since')::timestamptz AS inactive_since
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
    (SELECT to_jsonb(replayer) FROM replayer) AS replayer,
    coalesce((SELECT status FROM pg_stat_wal_receiver), '') AS receiver_status,
    coalesce((SELECT sender_host FROM pg_stat_wal_receiver), '') AS sender_host,
    (SELECT sender_port FROM pg_stat_wal_receiver) AS sender_port,
    current_database() AS database,
    pg_database_size(current_database()) AS database_bytes,
    d.temp_bytes AS temp_bytes_total,
    -- Who may not see it gets an error, not a null.
    CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') ELSE '' END
        AS data_directory,
    pg_has_role('pg_monitor', 'USAGE') AS may_see,
    current_user::text AS seen_as,
    pg_last_xact_replay_timestamp() AS replayed_commit_at,
    coalesce((SELECT slot_name FROM pg_stat_wal_receiver), '') AS receiver_slot,
    (SELECT (written_lsn - '0/0'::pg_lsn)::bigint FROM pg_stat_wal_receiver) AS receiver_written,
    current_setting('synchronous_standby_names') AS synchronous_standby_names,
    current_setting('wal_level') AS wal_level,
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
    -- Of all databases, and of what they share.
    (SELECT sum(checksum_failures) FROM pg_stat_database)::bigint AS checksum_failures,
    d.stats_reset,
    (SELECT to_jsonb(longest) FROM longest) AS longest_transaction,
    (SELECT coalesce(jsonb_agg(to_jsonb(standbys) ORDER BY application_name), '[]') FROM standbys) AS standbys,
    (SELECT coalesce(jsonb_agg(to_jsonb(slots) ORDER BY name), '[]') FROM slots) AS slots,
    (SELECT coalesce(jsonb_agg(to_jsonb(backends)), '[]') FROM backends) AS backends,
    (SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock') AS lock_waits,
    (SELECT coalesce(jsonb_agg(to_jsonb(copies)), '[]') FROM copies) AS base_backups,
    (SELECT coalesce(jsonb_object_agg(cause, number), '{}') FROM conflicts WHERE number > 0) AS conflicts,
    (SELECT to_jsonb(archived) FROM archived) AS archiver,
    (SELECT coalesce(jsonb_agg(name ORDER BY name), '[]') FROM pg_settings WHERE pending_restart) AS pending_restart
FROM here h
JOIN pg_stat_database d ON d.datname = current_database()
