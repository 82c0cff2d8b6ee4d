SELECT
    p.gid,
    p.database::text AS database,
    p.owner::text AS owner,
    -- Only who prepared it, or a superuser, may end it.
    p.owner = current_user OR (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS ours,
    p.prepared AS at,
    age(p.transaction) AS xid_age
FROM pg_prepared_xacts p
ORDER BY at
