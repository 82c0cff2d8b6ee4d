"""A tenant with rows in all tables of the data plane, placed on the first shard; and what there is of it on a shard."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.utils import timezone
from psycopg import sql

from novaops.inventory.models import Shard
from shards.moves.keeping import stream_of
from shards.moves.models import Move
from shards.moves.streams import Stream
from shards.placement.models import Isolation, Placement, PlacementChange
from tests.moves import two_shards

Leader = psycopg.Connection[Any]
TABLES = ("users", "vms", "vms_hot", "vms_cold", "vm_audit", "vm_metrics")
FILL = """
    INSERT INTO users (tenant_id, id, email, name)
    SELECT {tenant}, gen_random_uuid(), n || '@example.org', 'User ' || n FROM generate_series(1, 5) n;
    INSERT INTO vms (tenant_id, name, state_id, owner_id, created_at)
    SELECT {tenant}, 'vm ' || n, 3, (SELECT id FROM users WHERE tenant_id = {tenant} LIMIT 1),
        now() - n * interval '1 hour'
    FROM generate_series(1, {vms}) n;
    INSERT INTO vms_hot (tenant_id, id, name, state_id, ip_address)
    SELECT tenant_id, id, name, state_id, '10.0.0.1' FROM vms WHERE tenant_id = {tenant};
    INSERT INTO vms_cold (tenant_id, id, config, metadata)
    SELECT tenant_id, id, jsonb_build_object('name', name, 'text', repeat(md5(name), 20)), '{{"a": null}}'
    FROM vms WHERE tenant_id = {tenant};
    INSERT INTO vm_audit (tenant_id, vm_id, at, action) SELECT tenant_id, id, created_at, 'created'
    FROM vms WHERE tenant_id = {tenant};
    INSERT INTO vm_metrics (time, tenant_id, vm_id, cpu_usage_percent, memory_usage_mb)
    SELECT now() - n * interval '1 minute', tenant_id, id, n / 3.0, n
    FROM vms CROSS JOIN generate_series(1, 20) n WHERE tenant_id = {tenant};
"""


@contextmanager
def placed(stream: Stream, vms: int = 300) -> Iterator[tuple[Leader, Leader]]:
    """Inside a fleet. Sessions on both leaders; the tenant, and what moves left, is gone afterwards."""
    with two_shards.on_both(stream) as (sender, receiver):
        two_shards.enrol(sender, stream)
        if stream.schema_name:
            sender.execute("SELECT novaops_schema.create_tenant_schema(%s, current_date - 60)", (stream.tenant_id,))
        fill(sender, stream, vms)
        place(stream)
        yield sender, receiver


def fill(session: Leader, stream: Stream, vms: int) -> None:
    path = f"{stream.schema_name}, public" if stream.schema_name else "public"
    values = {"tenant": sql.Literal(stream.tenant_id), "vms": sql.Literal(vms)}
    with session.transaction():
        session.execute("SELECT set_config('search_path', %s, true)", (path,))
        session.execute(sql.SQL(FILL).format(**values))


def place(stream: Stream, shard: str = "") -> None:
    home, now = Shard.objects.get(name=shard or stream.sender), timezone.now()
    Placement.objects.create(
        tenant_id=stream.tenant_id,
        name=stream.tenant_id,
        isolation=Isolation.SCHEMA if stream.schema_name else Isolation.ROWS,
        schema_name=stream.schema_name,
        shard=home,
        since=now,
    )
    PlacementChange.objects.create(tenant_id=stream.tenant_id, epoch=1, shard=home, at=now, reason="test")


def rows_of(session: Leader, stream: Stream) -> dict[str, list[str]]:
    """Every row of the tenant as text, by table; a table that is not there has none."""
    found: dict[str, list[str]] = {}
    session.execute("SET timezone = 'UTC'")
    for name in TABLES:
        full = sql.Identifier(stream.schema_name or "public", name)
        row = session.execute("SELECT to_regclass(%s)", (full.as_string(session),)).fetchone()
        if row and row[0]:
            query = sql.SQL("SELECT t::text FROM {} t WHERE tenant_id = %s ORDER BY 1").format(full)
            found[name] = [each[0] for each in session.execute(query, (stream.tenant_id,))]
    return {name: rows for name, rows in found.items() if rows}


def gate(session: Leader, tenant: str) -> tuple[Any, ...] | None:
    return session.execute("SELECT gate, epoch, moved_to FROM tenants WHERE tenant_id = %s", (tenant,)).fetchone()


def left_of(move: Move, *sessions: Leader) -> list[str]:
    """Names of what the move made on these shards and what still is there."""
    named = stream_of(move).name.rsplit("_", 1)[0].replace("_", "\\_") + "%"
    query = """SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE %(named)s
        UNION ALL SELECT pubname FROM pg_publication WHERE pubname LIKE %(named)s
        UNION ALL SELECT stream FROM novaops_schema.arrivals WHERE stream LIKE %(named)s"""
    return [row[0] for session in sessions for row in session.execute(query, {"named": named})]
