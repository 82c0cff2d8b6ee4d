-- Gates: which shard takes a tenant's writes is said on the shards themselves, by the gate of its row in `tenants`:
--   open      here, at the epoch of the row
--   arriving  not yet: a move is bringing its rows. Whoever bears the row's epoch may enter all the same: it is set right
--             before the cutover is decided, and told by nobody but the shard that decides
--   away      no longer: `moved_to` is its shard, the row's epoch that of its new placement
-- Every statement that writes to a tenant's tables first takes the tenant's lock, shared, until its transaction ends, and
-- then reads the gate. A cutover takes the lock alone: it waits for the writers that are inside, those that come wait for
-- it, and when it is over they are refused with SQLSTATE NV001, whose DETAIL says in JSON where to go: {"shard": "shard-2",
-- "epoch": 7}, or {} where nobody knows yet. Locks end with their transaction, so a mover that dies leaves none.
ALTER TABLE tenants
    ADD COLUMN gate text NOT NULL DEFAULT 'open' CHECK (gate IN ('open', 'arriving', 'away')),
    ADD COLUMN moved_to text,
    ADD CHECK ((gate = 'away') = (moved_to IS NOT NULL));

CREATE FUNCTION novaops_schema.gate_key(tenant text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN hashtextextended('novaops gate of ' || tenant, 0);

-- Whoever writes rows of several tenants in one transaction holds this one in place of one for each.
CREATE FUNCTION novaops_schema.bulk_key() RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended('novaops gate of all', 0);

-- Refuses whoever comes to the wrong shard, or with a placement that is no longer or not yet the shard's own. Sessions
-- without an epoch of this tenant (people, jobs) are only refused where the tenant is known to be elsewhere, or not here yet.
-- A gate's epoch is told to nobody who bears another: whoever has the new one has it from the shard that decided.
-- Whoever writes names a lock, which lasts as long as what has passed: `novaops.passed` is the tenant that passed last in
-- this transaction, and goes with the lock when a part of the transaction is rolled back.
CREATE FUNCTION novaops_schema.pass_gate(tenant text, lock bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    here record;
    told bigint;
    old_snapshot constant boolean := lock IS NOT NULL AND current_setting('transaction_isolation') NOT LIKE 'read %';
BEGIN
    IF tenant = current_setting('novaops.tenant_id', true) THEN
        told := nullif(current_setting('novaops.epoch', true), '')::bigint;
    END IF;
    IF lock IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock_shared(lock);
    END IF;
    IF old_snapshot THEN  -- locking the row fails with 40001 when it has changed since
        SELECT gate, epoch, moved_to INTO here FROM public.tenants WHERE tenant_id = tenant FOR SHARE;
    ELSE
        SELECT gate, epoch, moved_to INTO here FROM public.tenants WHERE tenant_id = tenant;
    END IF;
    IF here.gate = 'open' AND coalesce(told, here.epoch) = here.epoch
        OR here.gate = 'arriving' AND told = here.epoch
        OR here.gate IS NULL AND told IS NULL AND NOT old_snapshot
    THEN
        IF lock IS NOT NULL THEN
            PERFORM set_config('novaops.passed', tenant, true);
        END IF;
    ELSIF here.gate = 'away' THEN
        RAISE EXCEPTION 'Tenant % has moved to %.', tenant, here.moved_to USING ERRCODE = 'NV001',
            DETAIL = json_build_object('shard', here.moved_to, 'epoch', here.epoch)::text;
    ELSIF here.gate = 'open' THEN
        RAISE EXCEPTION 'Tenant % is here at another epoch than %.', tenant, told USING ERRCODE = 'NV001',
            DETAIL = '{}';
    ELSE
        RAISE EXCEPTION 'Tenant % is not on this shard.', tenant USING ERRCODE = 'NV001', DETAIL = '{}';
    END IF;
END
$$;

-- For the tenant that owns the table, or the session's. Its callers are asked for no right but this schema's.
CREATE FUNCTION novaops_schema.gate() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    tenant constant text := coalesce(TG_ARGV[0], current_setting('novaops.tenant_id', true), '');
BEGIN
    IF tenant <> '' AND tenant IS DISTINCT FROM current_setting('novaops.passed', true) THEN
        PERFORM novaops_schema.pass_gate(tenant, novaops_schema.gate_key(tenant));
    END IF;
    RETURN NULL;
END
$$;
GRANT USAGE ON SCHEMA novaops_schema TO PUBLIC;

-- For rows of a tenant for whom no statement has passed: of roles that row-level security does not bind, or written to a
-- partition directly. After the row, as a trigger before it would lock what is changed and slow COPY down; what has not
-- passed is never committed.
CREATE FUNCTION novaops_schema.gate_row() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    lock constant bigint := novaops_schema.bulk_key();
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.tenant_id IS DISTINCT FROM current_setting('novaops.passed', true) THEN
        PERFORM novaops_schema.pass_gate(OLD.tenant_id, lock);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.tenant_id IS DISTINCT FROM current_setting('novaops.passed', true) THEN
        PERFORM novaops_schema.pass_gate(NEW.tenant_id, lock);
    END IF;
    RETURN NULL;
END
$$;

-- For TRUNCATE, which takes the rows of all tenants of the table. (A partition that its owner truncates, detaches or drops
-- asks no gate, as all DDL.)
CREATE FUNCTION novaops_schema.gate_all() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    elsewhere text;
BEGIN
    IF current_setting('transaction_isolation') NOT LIKE 'read %' THEN
        RAISE EXCEPTION 'TRUNCATE needs READ COMMITTED here, to see which tenants are being moved.'
            USING ERRCODE = 'feature_not_supported';
    END IF;
    PERFORM pg_advisory_xact_lock_shared(novaops_schema.bulk_key());
    SELECT tenant_id INTO elsewhere FROM public.tenants AS tenant
    WHERE gate <> 'open' AND CASE
        WHEN EXISTS (SELECT FROM public.tenants WHERE schema_name = TG_TABLE_SCHEMA) THEN schema_name = TG_TABLE_SCHEMA
        ELSE isolation = 'rows'
    END LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Rows of tenant % are being moved.', elsewhere USING ERRCODE = 'NV001', DETAIL = '{}';
    END IF;
    RETURN NULL;
END
$$;

-- Puts the gates before a table. `owner` is the tenant of a table that belongs to one alone; without it, rows say by
-- their tenant_id whose they are. Doing it again changes nothing; whether it did anything is the answer.
CREATE FUNCTION novaops_schema.guard(guarded regclass, owner text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    passed constant text := 'current_setting(''novaops.passed'', true)';
BEGIN
    IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = guarded AND tgname = 'novaops_gate') THEN
        RETURN false;
    END IF;
    IF owner IS NOT NULL THEN
        EXECUTE format('CREATE TRIGGER novaops_gate BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s
            FOR EACH STATEMENT EXECUTE FUNCTION novaops_schema.gate(%L)', guarded, owner);
        EXECUTE format('CREATE TRIGGER novaops_gate_row AFTER INSERT OR UPDATE OR DELETE ON %s
            FOR EACH ROW WHEN (%s IS DISTINCT FROM %3$L) EXECUTE FUNCTION novaops_schema.gate(%3$L)',
            guarded, passed, owner);
        RETURN true;
    END IF;
    EXECUTE format('CREATE TRIGGER novaops_gate BEFORE INSERT OR UPDATE OR DELETE ON %s
        FOR EACH STATEMENT EXECUTE FUNCTION novaops_schema.gate()', guarded);
    EXECUTE format('CREATE TRIGGER novaops_gate_all BEFORE TRUNCATE ON %s
        FOR EACH STATEMENT EXECUTE FUNCTION novaops_schema.gate_all()', guarded);
    EXECUTE format('CREATE TRIGGER novaops_gate_insert AFTER INSERT ON %s FOR EACH ROW
        WHEN (NEW.tenant_id IS DISTINCT FROM %s) EXECUTE FUNCTION novaops_schema.gate_row()', guarded, passed);
    EXECUTE format('CREATE TRIGGER novaops_gate_update AFTER UPDATE ON %s FOR EACH ROW
        WHEN (NEW.tenant_id IS DISTINCT FROM %2$s OR OLD.tenant_id IS DISTINCT FROM %2$s)
        EXECUTE FUNCTION novaops_schema.gate_row()', guarded, passed);
    EXECUTE format('CREATE TRIGGER novaops_gate_delete AFTER DELETE ON %s FOR EACH ROW
        WHEN (OLD.tenant_id IS DISTINCT FROM %s) EXECUTE FUNCTION novaops_schema.gate_row()', guarded, passed);
    RETURN true;
END
$$;

-- What the router says first in each transaction: reads, too, are refused on a shard that the tenant has left, and on a
-- replica that does not know of its arrival yet. Whoever will write takes the tenant's lock here, before it locks rows:
-- else it could wait at the gate, behind a cutover, for somebody inside who waits for its rows.
CREATE FUNCTION novaops_schema.enter(tenant text, at_epoch bigint, writes boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('novaops.tenant_id', tenant, true), set_config('novaops.epoch', at_epoch::text, true);
    PERFORM novaops_schema.pass_gate(tenant, CASE WHEN writes THEN novaops_schema.gate_key(tenant) END);
END
$$;

-- By how many seconds at most the answers of this server are old. A replica that has replayed all that it received, from
-- a primary that it is connected to, is not behind, however long ago the last transaction was.
CREATE FUNCTION novaops_schema.replay_lag() RETURNS double precision
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN NOT pg_is_in_recovery() THEN 0
        WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
        ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 'Infinity')
    END
$$;

-- A protected table is a guarded one from here on.
ALTER FUNCTION novaops_schema.protect(regclass, text) RENAME TO protect_rows;

CREATE FUNCTION novaops_schema.protect(protected regclass, granted text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM novaops_schema.protect_rows(protected, granted);
    PERFORM novaops_schema.guard(protected);
END
$$;

SELECT novaops_schema.guard(oid::regclass)
FROM pg_class
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'tenants' AND EXISTS (
    SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polname = 'own_tenant'
);

-- Rows of a tenant that is not open here are its mover's alone: the rollup leaves them out.
CREATE OR REPLACE FUNCTION novaops_schema.roll_up_metrics(first timestamptz, last timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    written bigint;
BEGIN
    INSERT INTO vm_metrics_hourly AS hourly
    SELECT date_trunc('hour', time) AS hour, tenant_id, vm_id, count(*), avg(cpu_usage_percent),
        max(cpu_usage_percent), avg(memory_usage_mb), sum(disk_io_bytes), sum(network_bytes)
    FROM vm_metrics
    WHERE time >= date_trunc('hour', first) AND time < date_trunc('hour', last)
        AND NOT EXISTS (SELECT FROM tenants WHERE tenants.tenant_id = vm_metrics.tenant_id AND gate <> 'open')
    GROUP BY tenant_id, vm_id, date_trunc('hour', time)
    ON CONFLICT (tenant_id, vm_id, hour) DO UPDATE SET
        (samples, avg_cpu, max_cpu, avg_memory_mb, total_disk_io_bytes, total_network_bytes) = (excluded.samples,
            excluded.avg_cpu, excluded.max_cpu, excluded.avg_memory_mb, excluded.total_disk_io_bytes,
            excluded.total_network_bytes);
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;

-- What a move keeps on the shard that receives rows, in the transactions that write them: how far it came is never more
-- or less than what is there. Taken away with the end of the move.
CREATE TABLE novaops_schema.arrivals (
    stream text PRIMARY KEY,
    tenant_id text NOT NULL,
    -- Positions in the WAL of the shard that sends. Everything that was committed before `applied` is here; what ends
    -- before `strict_from` may have come with the copy already, and is applied so that coming twice changes nothing.
    applied pg_lsn NOT NULL DEFAULT '0/0',
    strict_from pg_lsn NOT NULL DEFAULT '0/0',
    timeline integer NOT NULL DEFAULT 0,
    system_identifier text NOT NULL DEFAULT '',
    at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- Parts of a table, by the order of its key: from `lower` (inclusive; null: from the beginning) to before `upper`.
CREATE TABLE novaops_schema.arrival_chunks (
    stream text NOT NULL REFERENCES novaops_schema.arrivals ON DELETE CASCADE,
    table_name text NOT NULL,
    number integer NOT NULL,
    lower jsonb,
    upper jsonb,
    rows bigint,
    bytes bigint,
    copied_at timestamptz,
    verified_at timestamptz,
    PRIMARY KEY (stream, table_name, number)
);

-- Keys that were written since they were verified last.
CREATE TABLE novaops_schema.arrival_touched (
    stream text NOT NULL REFERENCES novaops_schema.arrivals ON DELETE CASCADE,
    number bigint GENERATED ALWAYS AS IDENTITY,
    table_name text NOT NULL,
    keys jsonb NOT NULL,
    PRIMARY KEY (stream, number)
);

-- For those who write side by side for one worker, which has called `fence` before: they share its row until they end, so
-- that whoever replaces the worker waits for them, and those that come later are refused.
CREATE FUNCTION novaops_schema.share_fence(of_console text, of_lock text, by_token bigint, by_operation bigint)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    newest novaops_schema.fences;
BEGIN
    SELECT * INTO newest FROM novaops_schema.fences WHERE console = of_console AND lock = of_lock FOR SHARE;
    IF newest.token IS DISTINCT FROM by_token THEN
        RAISE EXCEPTION 'Operation % comes too late for %: its token % is not %, with which operation % has acted',
            by_operation, of_lock, by_token, newest.token, newest.operation USING ERRCODE = 'NV001';
    END IF;
END
$$;
