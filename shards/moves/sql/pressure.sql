-- How far the replicas of this shard are behind, in seconds, and how much WAL it keeps for a slot. A replica that has
-- replayed all is not behind, however long ago that was.
SELECT
    coalesce((
        SELECT max(extract(epoch FROM r.replay_lag)) FROM pg_stat_replication r
        WHERE r.replay_lsn < pg_current_wal_lsn()
            AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
    ), 0)::float8 AS lag,
    (
        SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint
        FROM pg_replication_slots WHERE slot_name = %(slot)s
    ) AS held,
    (SELECT setting::bigint * 2^20 FROM pg_settings WHERE name = 'max_slot_wal_keep_size')::float8 AS most
