"""The tenants that are copied, and a twin of their tables: the same columns, partitions, indexes and constraints, but
no gates, so that what stands beside a move pays for none of them."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from novaops.inventory.targets import Target
from shards.marks import Mark
from shards.moves.streams import Stream

TWIN = "bench_twin"
# Rows of 100 MB, in the tables that have most in a real fleet.
MACHINES, MEASURED = 200_000, 700_000
MARK = Mark(990_001, "0123456789ab")
FILL = """
    INSERT INTO {home}.vms_hot (tenant_id, id, name, state_id, ip_address)
    SELECT {tenant}, gen_random_uuid(), 'machine ' || n, (SELECT min(id) FROM public.vm_states) + n % 3,
        '10.0.0.0'::inet + n
    FROM generate_series(1, {machines}) AS n;
    INSERT INTO {home}.vms_cold (tenant_id, id, config)
    SELECT tenant_id, id, jsonb_build_object('name', name, 'disks', ARRAY[1, 2, 3], 'cloud-init', repeat('x', 60))
    FROM {home}.vms_hot WHERE tenant_id = {tenant} LIMIT {machines} / 2;
    INSERT INTO {home}.vm_metrics (time, tenant_id, vm_id, cpu_usage_percent, memory_usage_mb, disk_io_bytes)
    SELECT date_trunc('minute', now()) - n % 8640 * interval '10 s', {tenant}, md5((n / 8640)::text)::uuid, n % 100,
        n, n
    FROM generate_series(1, {measured}) AS n;
"""
PARTITIONS = """
    SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bound FROM pg_inherits
    JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = %s::regclass
"""
REFERENCES = """
    SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint
    WHERE conrelid = %s::regclass AND contype = 'f' AND conparentid = 0
"""


@dataclass(frozen=True, slots=True)
class Tenant:
    """`home` is the schema of its tables on both sides."""

    name: str
    home: str

    @property
    def stream(self) -> Stream:
        schema = "" if self.home == "public" else self.home
        return Stream(self.name, schema, "shard-1", "shard-2", MARK)

    @property
    def tables(self) -> tuple[str, ...]:
        return ("vms_hot", "vms_cold", "vm_metrics")

    @property
    def owned(self) -> str:
        return f"tenant_id = '{self.name}'"

    def copied(self, table: str) -> str:
        return f"COPY (SELECT * FROM {self.home}.{table} WHERE {self.owned}) TO STDOUT (FORMAT binary)"  # noqa: S608


ROWS, SCHEMA = Tenant("bench rows", "public"), Tenant("bench schema", "tenant_bench")


def address(target: Target) -> dict[str, Any]:
    """As psycopg connects to it."""
    login = {"user": target.login.username, "password": target.login.password}
    return {"host": target.host, "port": target.port, "dbname": target.database, **login}


def connect(target: Target, user: str = "", password: str = "") -> psycopg.Connection[Any]:
    login: dict[str, Any] = {"user": user, "password": password} if user else {}
    return psycopg.connect(make_conninfo(**{**address(target), **login}), autocommit=True)


def fill(session: psycopg.Connection[Any], tenant: Tenant, times: float) -> None:
    """`times` 100 MB."""
    isolation, schema = ("rows", None) if tenant.home == "public" else ("schema", tenant.home)
    session.execute(
        "INSERT INTO public.tenants (tenant_id, name, isolation, schema_name) VALUES (%s, %s, %s, %s)",
        (tenant.name, tenant.name, isolation, schema),
    )
    if schema:
        session.execute("SELECT novaops_schema.create_tenant_schema(%s, current_date)", (tenant.name,))
    session.execute("SET session_replication_role = replica")
    filling = sql.SQL(FILL).format(
        home=sql.Identifier(tenant.home),
        tenant=sql.Literal(tenant.name),
        machines=sql.Literal(int(MACHINES * times)),
        measured=sql.Literal(int(MEASURED * times)),
    )
    session.execute(filling.as_string(session).encode())
    session.execute("RESET session_replication_role")
    session.execute("VACUUM ANALYZE")


def twin(session: psycopg.Connection[Any], tenant: Tenant) -> None:
    """Made anew from the receiver's own tables (those of public: a tenant's schema has the same)."""
    session.execute(f"DROP SCHEMA IF EXISTS {TWIN} CASCADE; CREATE SCHEMA {TWIN}".encode())
    for name in tenant.tables:
        like = f"public.{name}"
        parts = session.execute(PARTITIONS, (like,)).fetchall()
        key = session.execute("SELECT pg_get_partkeydef(%s::regclass)", (like,)).fetchone()
        how = f"PARTITION BY {key[0]}" if key and key[0] else ""
        session.execute(f"CREATE TABLE {TWIN}.{name} (LIKE {like} INCLUDING ALL) {how}".encode())
        for part, bound in parts:
            session.execute(f"CREATE TABLE {TWIN}.{part} PARTITION OF {TWIN}.{name} {bound}".encode())
        for (definition,) in session.execute(REFERENCES, (like,)).fetchall():
            session.execute(f"ALTER TABLE {TWIN}.{name} ADD {definition}".encode())


def counts(session: psycopg.Connection[Any], home: str, tenant: Tenant) -> list[int]:
    counted = sql.SQL("SELECT count(*) FROM {} WHERE tenant_id = {}")
    found = [
        session.execute(counted.format(sql.Identifier(home, name), sql.Literal(tenant.name))).fetchone()
        for name in tenant.tables
    ]
    return [row[0] for row in found if row]
