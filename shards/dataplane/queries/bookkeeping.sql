CREATE SCHEMA IF NOT EXISTS novaops_schema;

CREATE TABLE IF NOT EXISTS novaops_schema.migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz
);

-- What the shard looked like after the last migration; `status` compares with it.
CREATE TABLE IF NOT EXISTS novaops_schema.expected_objects (
    kind text NOT NULL,
    name text NOT NULL,
    definition text NOT NULL,
    PRIMARY KEY (kind, name)
);

CREATE TABLE IF NOT EXISTS novaops_schema.settings (key text PRIMARY KEY, value text NOT NULL);
