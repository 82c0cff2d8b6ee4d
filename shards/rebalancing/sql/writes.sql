-- Rows that were written a second, since the statistics of the database began: of each schema that is a tenant's own, and of
-- the tables that all others share ('public').
SELECT
    s.schemaname::text AS schema,
    sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del)::float8
        / greatest(1, extract(epoch FROM clock_timestamp() - coalesce(d.stats_reset, pg_postmaster_start_time()))) AS rate
FROM pg_stat_user_tables s
CROSS JOIN (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()) d
WHERE s.schemaname = 'public' OR s.schemaname IN (SELECT schema_name FROM public.tenants WHERE schema_name IS NOT NULL)
GROUP BY s.schemaname, d.stats_reset
