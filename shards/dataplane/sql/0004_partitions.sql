-- Which tables are partitioned by time, and the function that makes the partitions they need.
CREATE TABLE novaops_schema.partition_plan (
    table_schema text NOT NULL,
    table_name text NOT NULL,
    step text NOT NULL CHECK (step IN ('day', 'month')),
    ahead integer NOT NULL,
    keep interval,
    PRIMARY KEY (table_schema, table_name)
);

-- Partitions of `parent` for every step from `first` to `last`, both included; returns how many were made.
CREATE FUNCTION novaops_schema.ensure_partitions(parent regclass, step text, first date, last date) RETURNS integer
LANGUAGE plpgsql SET timezone = 'UTC' SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    home text;
    base text;
    start timestamptz;
    partition_name text;
    made integer := 0;
BEGIN
    SELECT nspname, relname INTO home, base
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE pg_class.oid = parent;
    FOR start IN
        SELECT generate_series(date_trunc(step, first::timestamptz), last::timestamptz, ('1 ' || step)::interval)
    LOOP
        partition_name := base || '_' || to_char(start, CASE step WHEN 'day' THEN 'YYYYMMDD' ELSE 'YYYYMM' END);
        IF to_regclass(format('%I.%I', home, partition_name)) IS NULL THEN
            EXECUTE format('CREATE TABLE %I.%I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)', home, partition_name,
                parent, start, start + ('1 ' || step)::interval);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END
$$;

-- Every planned table up to its plan's number of steps ahead of today.
CREATE FUNCTION novaops_schema.ensure_ahead() RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce(sum(novaops_schema.ensure_partitions(format('%I.%I', table_schema, table_name)::regclass, step,
        current_date, (current_date + ahead * ('1 ' || step)::interval)::date)), 0)
    FROM novaops_schema.partition_plan
$$;

INSERT INTO novaops_schema.partition_plan (table_schema, table_name, step, ahead, keep) VALUES
    ('public', 'vms', 'month', 3, NULL),
    ('public', 'vm_audit', 'month', 3, '2 years'),
    ('public', 'vm_metrics_hourly', 'month', 3, '2 years');

INSERT INTO novaops_schema.partition_plan (table_schema, table_name, step, ahead, keep)
SELECT 'public', 'vm_metrics', 'day', 7, '90 days'
WHERE EXISTS (SELECT FROM pg_partitioned_table WHERE partrelid = 'vm_metrics'::regclass);

SELECT novaops_schema.ensure_ahead();
