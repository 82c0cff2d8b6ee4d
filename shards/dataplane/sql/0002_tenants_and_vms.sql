-- What a tenant owns. Every key begins with tenant_id, so that replication can filter by it.
CREATE TABLE tenants (
    tenant_id text PRIMARY KEY CHECK (tenant_id <> '' AND length(tenant_id) <= 100),
    name text NOT NULL,
    isolation text NOT NULL DEFAULT 'rows' CHECK (isolation IN ('rows', 'schema')),
    schema_name text UNIQUE,
    epoch bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((isolation = 'schema') = (schema_name IS NOT NULL))
);

CREATE TABLE users (
    tenant_id text NOT NULL REFERENCES tenants,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email)
);

CREATE TABLE vms (
    tenant_id text NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL CHECK (length(name) <= 255),
    state_id smallint NOT NULL REFERENCES vm_states,
    node_id uuid REFERENCES compute_nodes,
    owner_id uuid NOT NULL,
    resource_profile_id integer REFERENCES resource_profiles,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (tenant_id, id, created_at),
    FOREIGN KEY (tenant_id, owner_id) REFERENCES users (tenant_id, id)
) PARTITION BY RANGE (created_at);

CREATE TABLE vms_default PARTITION OF vms DEFAULT;
CREATE INDEX vms_tenant_state_covering ON vms (tenant_id, state_id) INCLUDE (name, node_id, owner_id, created_at);
CREATE INDEX vms_tenant_newest ON vms (tenant_id, created_at DESC);

-- Columns that every request reads, narrow and updated in place; one row per VM, which also keeps a VM's id unique.
CREATE TABLE vms_hot (
    tenant_id text NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    state_id smallint NOT NULL REFERENCES vm_states,
    node_id uuid REFERENCES compute_nodes,
    ip_address inet,
    last_state_change timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 90);

CREATE INDEX vms_hot_tenant_state ON vms_hot (tenant_id, state_id);

-- Columns that are rarely read.
CREATE TABLE vms_cold (
    tenant_id text NOT NULL,
    id uuid NOT NULL,
    config jsonb NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE vm_audit (
    tenant_id text NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    vm_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    actor_id uuid,
    action text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, id, at)
) PARTITION BY RANGE (at);

CREATE TABLE vm_audit_default PARTITION OF vm_audit DEFAULT;
CREATE INDEX vm_audit_of_vm ON vm_audit (tenant_id, vm_id, at DESC);
