-- What is not at its default, without what may hold a password or names the member itself.
SELECT s.name, s.setting || coalesce(' ' || s.unit, '') AS value, s.source, s.pending_restart, s.context
FROM pg_settings s
WHERE (s.source NOT IN ('default', 'override', 'client', 'session', 'database user', 'database', 'user') OR s.pending_restart)
    AND s.name NOT IN ('primary_conninfo', 'ssl_passphrase_command', 'archive_command', 'restore_command',
        'archive_cleanup_command', 'recovery_end_command')
ORDER BY s.name
