SELECT
    d.datname::text AS database,
    s.subname::text AS name,
    pg_get_userbyid(s.subowner)::text AS owner,
    pg_has_role(s.subowner, 'USAGE') AS ours,
    s.subenabled AS enabled,
    EXISTS (SELECT FROM pg_stat_subscription w WHERE w.subid = s.oid AND w.relid IS NULL AND w.pid IS NOT NULL) AS working,
    coalesce(s.subslotname::text, '') AS slot,
    coalesce(shobj_description(s.oid, 'pg_subscription'), '') AS comment
FROM pg_subscription s
JOIN pg_database d ON d.oid = s.subdbid
ORDER BY database, name
