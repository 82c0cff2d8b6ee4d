SELECT
    pg_is_in_recovery() AS standby,
    current_database()::text AS database,
    to_regproc('novaops_schema.fence') IS NOT NULL AS fenced,
    to_regclass('novaops_schema.arrivals') IS NOT NULL AS moves,
    to_regclass('public.tenants') IS NOT NULL AND to_regclass('public.vms_hot') IS NOT NULL AS installed,
    ARRAY(
        SELECT datname::text FROM pg_database
        WHERE datallowconn AND NOT datistemplate AND datname <> current_database()
            AND has_database_privilege(datname, 'CONNECT')
        ORDER BY datname
    ) AS others
