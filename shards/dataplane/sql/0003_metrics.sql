-- Measurements: a hypertable with chunks of a day where TimescaleDB is installed, else native daily partitions.
-- Compression and continuous aggregates refuse tables with row-level security, which matters more here; the hourly
-- table below takes their place on every engine.
DO $$
DECLARE
    columns constant text := 'time timestamptz NOT NULL, tenant_id text NOT NULL, vm_id uuid NOT NULL,
        cpu_usage_percent real, memory_usage_mb integer, disk_io_bytes bigint, network_bytes bigint,
        PRIMARY KEY (tenant_id, vm_id, time)';
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        EXECUTE format('CREATE TABLE vm_metrics (%s)', columns);
        PERFORM create_hypertable('vm_metrics'::regclass, 'time'::name, chunk_time_interval => interval '1 day');
    ELSE
        EXECUTE format('CREATE TABLE vm_metrics (%s) PARTITION BY RANGE (time)', columns);
        CREATE TABLE vm_metrics_default PARTITION OF vm_metrics DEFAULT;
    END IF;
END
$$;

CREATE TABLE vm_metrics_hourly (
    hour timestamptz NOT NULL,
    tenant_id text NOT NULL,
    vm_id uuid NOT NULL,
    samples integer NOT NULL,
    avg_cpu real,
    max_cpu real,
    avg_memory_mb real,
    total_disk_io_bytes bigint,
    total_network_bytes bigint,
    PRIMARY KEY (tenant_id, vm_id, hour)
) PARTITION BY RANGE (hour);

CREATE TABLE vm_metrics_hourly_default PARTITION OF vm_metrics_hourly DEFAULT;

-- Recomputes whole hours, so that running it again, or for overlapping spans, changes nothing.
CREATE FUNCTION novaops_schema.roll_up_metrics(first timestamptz, last timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    written bigint;
BEGIN
    INSERT INTO vm_metrics_hourly AS hourly
    SELECT date_trunc('hour', time) AS hour, tenant_id, vm_id, count(*), avg(cpu_usage_percent),
        max(cpu_usage_percent), avg(memory_usage_mb), sum(disk_io_bytes), sum(network_bytes)
    FROM vm_metrics
    WHERE time >= date_trunc('hour', first) AND time < date_trunc('hour', last)
    GROUP BY tenant_id, vm_id, date_trunc('hour', time)
    ON CONFLICT (tenant_id, vm_id, hour) DO UPDATE SET
        (samples, avg_cpu, max_cpu, avg_memory_mb, total_disk_io_bytes, total_network_bytes) = (excluded.samples,
            excluded.avg_cpu, excluded.max_cpu, excluded.avg_memory_mb, excluded.total_disk_io_bytes,
            excluded.total_network_bytes);
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;
