-- A tenant with a schema of its own: the tables of public once more, found through search_path as django-tenants does
-- it. They keep tenant_id and its policy, so that one application speaks the same SQL to both kinds of tenants, and a
-- wrong search_path shows nothing.
CREATE FUNCTION novaops_schema.create_tenant_schema(tenant text, first date) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    home name := (SELECT schema_name FROM public.tenants WHERE tenant_id = tenant AND isolation = 'schema');
    application name := (SELECT value FROM novaops_schema.settings WHERE key = 'application_role');
    parent record;
BEGIN
    IF home IS NULL THEN
        RAISE EXCEPTION 'Tenant % is not on this shard, or shares the tables of all.', tenant;
    END IF;
    EXECUTE format('CREATE SCHEMA %I', home);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', home, application);
    FOR parent IN
        SELECT * FROM (VALUES
            ('users', '', 'SELECT, INSERT, UPDATE, DELETE'),
            ('vms', 'PARTITION BY RANGE (created_at)', 'SELECT, INSERT, UPDATE, DELETE'),
            ('vms_hot', '', 'SELECT, INSERT, UPDATE, DELETE'),
            ('vms_cold', '', 'SELECT, INSERT, UPDATE, DELETE'),
            ('vm_audit', 'PARTITION BY RANGE (at)', 'SELECT, INSERT'),
            ('vm_metrics', 'PARTITION BY RANGE (time)', 'SELECT, INSERT, UPDATE, DELETE')
        ) AS tables (name, partitioning, granted)
    LOOP
        EXECUTE format('CREATE TABLE %I.%I (LIKE public.%I INCLUDING ALL) %s',
            home, parent.name, parent.name, parent.partitioning);
        EXECUTE format('ALTER TABLE %I.%I ALTER COLUMN tenant_id SET DEFAULT %L', home, parent.name, tenant);
        PERFORM novaops_schema.protect(format('%I.%I', home, parent.name)::regclass, parent.granted);
        IF parent.partitioning <> '' THEN
            EXECUTE format('CREATE TABLE %I.%I PARTITION OF %I.%I DEFAULT',
                home, parent.name || '_default', home, parent.name);
            INSERT INTO novaops_schema.partition_plan (table_schema, table_name, step, ahead)
            VALUES (home, parent.name, 'month', 3);
            PERFORM novaops_schema.ensure_partitions(format('%I.%I', home, parent.name)::regclass, 'month',
                CASE WHEN parent.name IN ('vms', 'vm_audit') THEN first ELSE current_date - 8 END,
                (current_date + interval '3 months')::date);
        END IF;
    END LOOP;
    EXECUTE format('ALTER TABLE %I.users ADD FOREIGN KEY (tenant_id) REFERENCES public.tenants', home);
    EXECUTE format('ALTER TABLE %I.vms ADD FOREIGN KEY (state_id) REFERENCES public.vm_states,
        ADD FOREIGN KEY (node_id) REFERENCES public.compute_nodes,
        ADD FOREIGN KEY (resource_profile_id) REFERENCES public.resource_profiles,
        ADD FOREIGN KEY (tenant_id, owner_id) REFERENCES %I.users (tenant_id, id)', home, home);
    RETURN home;
END
$$;
