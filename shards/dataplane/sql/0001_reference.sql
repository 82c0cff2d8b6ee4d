-- Tables that are the same on every shard: what a tenant's rows refer to and what therefore moves with nobody.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE vm_states (
    id smallint PRIMARY KEY,
    name text NOT NULL UNIQUE,
    running boolean NOT NULL DEFAULT false
);

INSERT INTO vm_states (id, name, running) VALUES
    (1, 'pending', false),
    (2, 'building', false),
    (3, 'running', true),
    (4, 'paused', false),
    (5, 'stopped', false),
    (6, 'migrating', true),
    (7, 'error', false),
    (8, 'deleted', false);

CREATE TABLE compute_nodes (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    zone text NOT NULL,
    cpu_cores integer NOT NULL CHECK (cpu_cores > 0),
    memory_mb integer NOT NULL CHECK (memory_mb > 0),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE resource_profiles (
    id integer PRIMARY KEY,
    name text NOT NULL UNIQUE,
    cpu_cores smallint NOT NULL,
    memory_mb integer NOT NULL,
    disk_gb integer NOT NULL,
    network_mbps integer,
    iops_limit integer,
    category text NOT NULL CHECK (category IN ('general', 'compute', 'memory', 'storage')),
    CONSTRAINT valid_resources CHECK (cpu_cores > 0 AND memory_mb > 0 AND disk_gb > 0)
);

INSERT INTO resource_profiles (id, name, cpu_cores, memory_mb, disk_gb, network_mbps, category) VALUES
    (1, 't2.micro', 1, 1024, 8, 100, 'general'),
    (2, 't2.small', 1, 2048, 20, 100, 'general'),
    (3, 't2.medium', 2, 4096, 40, 100, 'general'),
    (4, 'm5.large', 2, 8192, 80, 1000, 'general'),
    (5, 'm5.xlarge', 4, 16384, 160, 1000, 'general'),
    (6, 'c5.large', 2, 4096, 40, 1000, 'compute'),
    (7, 'c5.xlarge', 4, 8192, 80, 1000, 'compute'),
    (8, 'r5.large', 2, 16384, 80, 1000, 'memory'),
    (9, 'r5.xlarge', 4, 32768, 160, 1000, 'memory');
