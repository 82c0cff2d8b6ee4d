-- What the change stream reads: the tables whose rows are cached, of each only the columns that name what has changed.
-- Their primary keys are their replica identity, so that UPDATEs and DELETEs name the tenant and the VM too; partitions
-- are told of as their parent.
CREATE PUBLICATION novaops_stream FOR TABLE
    tenants (tenant_id),
    users (tenant_id, id),
    vms (tenant_id, id, created_at, deleted_at),
    vms_hot (tenant_id, id),
    vms_cold (tenant_id, id)
WITH (publish_via_partition_root = true);

COMMENT ON PUBLICATION novaops_stream IS 'The change stream of NovaOps';

-- The tables of a tenant with a schema of its own. A tenant that is published already stays as it is.
CREATE FUNCTION novaops_schema.publish_tenant_schema(home name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_publication_tables WHERE pubname = 'novaops_stream' AND schemaname = home) THEN
        RETURN;
    END IF;
    EXECUTE format('ALTER PUBLICATION novaops_stream ADD TABLE %1$I.users (tenant_id, id),
        TABLE %1$I.vms (tenant_id, id, created_at, deleted_at), TABLE %1$I.vms_hot (tenant_id, id),
        TABLE %1$I.vms_cold (tenant_id, id)', home);
END
$$;

ALTER FUNCTION novaops_schema.create_tenant_schema(text, date) RENAME TO make_tenant_schema;

CREATE FUNCTION novaops_schema.create_tenant_schema(tenant text, first date) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    home text := novaops_schema.make_tenant_schema(tenant, first);
BEGIN
    PERFORM novaops_schema.publish_tenant_schema(home);
    RETURN home;
END
$$;

SELECT novaops_schema.publish_tenant_schema(nspname)
FROM public.tenants JOIN pg_namespace ON nspname = schema_name
WHERE isolation = 'schema';
