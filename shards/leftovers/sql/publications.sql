SELECT
    current_database()::text AS database,
    p.pubname::text AS name,
    pg_get_userbyid(p.pubowner)::text AS owner,
    pg_has_role(p.pubowner, 'USAGE') AS ours,
    (SELECT count(*) FROM pg_publication_tables t WHERE t.pubname = p.pubname) AS tables,
    -- The slots of the change stream and of moves read a publication of their own and no other.
    (SELECT count(*) FROM pg_replication_slots s
        WHERE s.slot_type = 'logical' AND s.database = current_database() AND s.slot_name !~ '^novaops_(stream|op[0-9]+)_')
        AS readers,
    coalesce(obj_description(p.oid, 'pg_publication'), '') AS comment
FROM pg_publication p
ORDER BY name
