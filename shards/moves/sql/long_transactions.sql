-- Transactions that have lasted for long: a new slot waits for those that write, and so does the pause of a cutover.
SELECT pid, usename::text AS user, coalesce(application_name, '') AS application, query_start,
    extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds, backend_xid IS NOT NULL AS writes
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND xact_start < clock_timestamp() - make_interval(secs => %(seconds)s)
UNION ALL
SELECT 0, owner::text, 'prepared as ' || gid, prepared, extract(epoch FROM clock_timestamp() - prepared)::float8, true
FROM pg_prepared_xacts
WHERE database = current_database() AND prepared < clock_timestamp() - make_interval(secs => %(seconds)s)
ORDER BY seconds DESC
