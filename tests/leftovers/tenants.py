"""A tenant's rows on a real shard, and nothing of them afterwards."""

from typing import Any

import psycopg
from django.utils import timezone

from novaops.inventory.models import Shard
from shards.placement.models import Placement

TABLES = ("vm_metrics", "vm_metrics_hourly", "vm_audit", "vms_cold", "vms_hot", "vms", "users", "tenants")
Leader = psycopg.Connection[Any]


def settle(leader: Leader, tenant: str, vms: int) -> None:
    """Listed, with one user and so many VMs, each with all its parts, two hours old."""
    leader.execute("INSERT INTO tenants (tenant_id, name) VALUES (%s, 'Of a test')", (tenant,))
    leader.execute(
        """
        WITH owner AS (
            INSERT INTO users (tenant_id, email, name) VALUES (%(tenant)s, 'a@example.com', 'A') RETURNING id
        ), made AS (
            SELECT gen_random_uuid() AS id, now() - interval '2 hours' AS at FROM generate_series(1, %(vms)s)
        ), vm AS (
            INSERT INTO vms (tenant_id, id, name, state_id, owner_id, created_at)
            SELECT %(tenant)s, made.id, 'vm', 3, owner.id, made.at FROM made, owner
        ), cold AS (
            INSERT INTO vms_cold (tenant_id, id, created_at) SELECT %(tenant)s, id, at FROM made
        ), audit AS (
            INSERT INTO vm_audit (tenant_id, vm_id, at, action) SELECT %(tenant)s, id, at, 'made' FROM made
        ), metrics AS (
            INSERT INTO vm_metrics (tenant_id, vm_id, time) SELECT %(tenant)s, id, at FROM made
        )
        INSERT INTO vms_hot (tenant_id, id, name, state_id, last_state_change)
        SELECT %(tenant)s, id, 'vm', 3, at FROM made
        """,
        {"tenant": tenant, "vms": vms},
    )


def clear(leader: Leader, tenant: str) -> None:
    for table in TABLES:
        leader.execute(f"DELETE FROM {table} WHERE tenant_id = %s", (tenant,))


def rows_of(leader: Leader, tenant: str) -> dict[str, int]:
    """How many each table holds, of those that hold any."""
    counts = {}
    for table in TABLES:
        row = leader.execute(f"SELECT count(*) FROM {table} WHERE tenant_id = %s", (tenant,)).fetchone()
        counts[table] = row[0] if row else 0
    return {table: count for table, count in counts.items() if count}


def place(tenant: str, shard: str, **more: Any) -> Placement:
    on = Shard.objects.get(name=shard)
    return Placement.objects.create(tenant_id=tenant, name="Of a test", shard=on, since=timezone.now(), **more)
