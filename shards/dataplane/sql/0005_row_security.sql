-- One tenant per transaction: SET LOCAL novaops.tenant_id. Without it, no row is seen and none can be written.
-- Applications are granted the parents only, so that no partition can be read around its policy.
CREATE FUNCTION novaops_schema.protect(protected regclass, granted text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    application name := (SELECT value FROM novaops_schema.settings WHERE key = 'application_role');
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', protected);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', protected);
    EXECUTE format('CREATE POLICY own_tenant ON %s USING (tenant_id = current_setting(''novaops.tenant_id'', true))
        WITH CHECK (tenant_id = current_setting(''novaops.tenant_id'', true))', protected);
    EXECUTE format('GRANT %s ON %s TO %I', granted, protected, application);
END
$$;

SELECT novaops_schema.protect('tenants', 'SELECT');
SELECT novaops_schema.protect(name::regclass, 'SELECT, INSERT, UPDATE, DELETE')
FROM unnest(ARRAY['users', 'vms', 'vms_hot', 'vms_cold', 'vm_metrics']) AS name;
SELECT novaops_schema.protect('vm_audit', 'SELECT, INSERT');
SELECT novaops_schema.protect('vm_metrics_hourly', 'SELECT');

DO $$
DECLARE
    application name := (SELECT value FROM novaops_schema.settings WHERE key = 'application_role');
BEGIN
    EXECUTE format('GRANT SELECT ON vm_states, compute_nodes, resource_profiles TO %I', application);
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', application);
END
$$;
