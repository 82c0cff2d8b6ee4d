-- What a shard can do for a move, asked of its leader.
SELECT
    current_setting('wal_level') AS wal_level,
    current_setting('max_replication_slots')::int AS slots,
    (SELECT count(*) FROM pg_replication_slots)::int AS slots_used,
    current_setting('max_wal_senders')::int AS senders,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender')::int AS senders_used,
    (SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS keep_mb,
    pg_database_size(current_database()) AS database_bytes,
    (SELECT sum(pg_tablespace_size(oid)) FROM pg_tablespace)::bigint
        + (SELECT coalesce(sum(size), 0) FROM pg_ls_waldir())::bigint AS used_bytes,
    has_parameter_privilege('session_replication_role', 'SET') AS writes_as_replica,
    (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user) AS may_replicate,
    current_setting('server_version_num')::int AS version_number,
    current_setting('lc_monetary') AS money,
    pg_encoding_to_char(encoding) AS encoding,
    datcollate AS collation,
    datctype AS character_type
FROM pg_database
WHERE datname = current_database()
