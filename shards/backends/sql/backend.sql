-- One backend, whoever's it is now; what it holds, whom it blocks, and what stands in its way.
SELECT
    a.pid,
    a.backend_start AS started,
    coalesce(a.usename, '') AS "user",
    coalesce(r.rolsuper, a.usesysid IS NULL) AS superuser,
    a.usename IS NOT DISTINCT FROM session_user AS own_role,
    coalesce(a.datname, '') AS database,
    a.application_name AS application,
    coalesce(host(a.client_addr), '') AS client,
    coalesce(a.backend_type, '') AS kind,
    coalesce(a.state, '') AS state,
    coalesce(concat_ws(': ', a.wait_event_type, a.wait_event), '') AS waits_for,
    a.query_start AS statement_started,
    extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS statement_seconds,
    extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS transaction_seconds,
    left(a.query, 2000) AS query,
    coalesce(s.slot_name, '') AS slot,
    coalesce(s.slot_type, '') AS slot_kind,
    pg_blocking_pids(a.pid) AS blocked_by,
    (
        SELECT coalesce(array_agg(held.name ORDER BY held.name), '{}')
        FROM (
            SELECT DISTINCT l.mode || ' on ' || coalesce(c.oid::regclass::text, l.locktype) AS name
            FROM pg_locks l
            LEFT JOIN pg_class c ON c.oid = l.relation AND l.database = (
                SELECT oid FROM pg_database WHERE datname = current_database())
            WHERE l.pid = a.pid AND l.granted AND l.locktype <> 'virtualxid'
            LIMIT 50
        ) held
    ) AS locks,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object('pid', b.pid, 'user', b.usename, 'application', b.application_name,
            'waits_seconds', round(extract(epoch FROM clock_timestamp() - b.query_start)::numeric, 1))), '[]')
        FROM (
            SELECT w.pid, w.usename, w.application_name, w.query_start
            FROM pg_stat_activity w
            WHERE w.wait_event_type = 'Lock' AND a.pid = ANY (pg_blocking_pids(w.pid))
            ORDER BY w.query_start
            LIMIT 50
        ) b
    ) AS blocks
FROM pg_stat_activity a
LEFT JOIN pg_roles r ON r.oid = a.usesysid
LEFT JOIN pg_replication_slots s ON s.active_pid = a.pid
WHERE a.pid = %(pid)s
