"""Fills one shard with its part of the demo: COPY into every table, in one transaction."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

import psycopg
from psycopg import sql

from shards.dataplane.addresses import ShardDatabase, leader
from shards.dataplane.patience import patiently
from shards.dataplane.problems import DataPlaneProblem
from shards.dataplane.seeding import metrics, rows
from shards.dataplane.seeding.plan import Tenant
from shards.dataplane.seeding.rows import Possessions

BLOCK = 256 * 1024
COLUMNS = {
    "compute_nodes": "id name zone cpu_cores memory_mb",
    "tenants": "tenant_id name isolation schema_name created_at",
    "users": "tenant_id id email name role",
    "vms": "tenant_id id name state_id node_id owner_id resource_profile_id created_at updated_at deleted_at",
    "vms_hot": "tenant_id id name state_id node_id ip_address last_state_change",
    "vms_cold": "tenant_id id config metadata created_at created_by",
    "vm_audit": "tenant_id vm_id at actor_id action",
    "vm_metrics": "time tenant_id vm_id cpu_usage_percent memory_usage_mb disk_io_bytes network_bytes",
}
ALREADY_FILLED = """
    SELECT EXISTS (SELECT FROM tenants) OR EXISTS (SELECT FROM novaops_schema.settings WHERE key = 'seeded_at')
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was put into a shard; all zero when it had tenants already and was left as it was."""

    tenants: int = 0
    vms: int = 0
    measurements: int = 0


def fill(shard: ShardDatabase, plan: Iterable[Tenant], now: datetime, days: int) -> Loaded:
    """Seed the shard unless it has tenants, or was seeded once and its tenants moved away since."""
    mine = [tenant for tenant in plan if tenant.shard == shard.shard]
    with leader(shard, "dataplane seed") as connection:
        _refuse_empty_schema(connection, shard)
        loaded = patiently(lambda: _fill_once(connection, mine, now, days))
        if loaded.tenants:
            connection.execute("ANALYZE")
        return loaded


def _fill_once(connection: psycopg.Connection, mine: list[Tenant], now: datetime, days: int) -> Loaded:
    with connection.transaction():
        connection.execute("LOCK TABLE tenants IN SHARE ROW EXCLUSIVE MODE")
        if connection.execute(ALREADY_FILLED).fetchone() != (False,):
            return Loaded()
        loaded = _fill(connection, mine, now, days)
        connection.execute("INSERT INTO novaops_schema.settings VALUES ('seeded_at', now()::text)")
    return loaded


def _refuse_empty_schema(connection: psycopg.Connection, shard: ShardDatabase) -> None:
    if connection.execute("SELECT to_regclass('public.tenants')").fetchone() == (None,):
        raise DataPlaneProblem(f"{shard.shard} has no tables yet. Run `manage.py dataplane migrate` first.")


def _fill(connection: psycopg.Connection, mine: list[Tenant], now: datetime, days: int) -> Loaded:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    owned = [rows.possessions(tenant, today) for tenant in sorted(mine, key=lambda tenant: tenant.tenant_id)]
    shared = [each for each in owned if not each.tenant.schema_name]
    connection.execute("SET LOCAL timezone = 'UTC'")
    _make_past_partitions(connection, shared, now, days)
    _copy(connection, "public", "compute_nodes", rows.node_lines())
    _copy(connection, "public", "tenants", rows.tenant_lines(owned))
    measurements = _fill_home(connection, "public", shared, now, days)
    for each in owned:
        if each.tenant.schema_name:
            connection.execute(
                "SELECT novaops_schema.create_tenant_schema(%s, %s)", (each.tenant.tenant_id, each.created.date())
            )
            measurements += _fill_home(connection, each.tenant.schema_name, [each], now, days)
    connection.execute("SELECT novaops_schema.roll_up_metrics(%s, %s)", (now - timedelta(days=days), now))
    return Loaded(len(owned), sum(len(each.vms) for each in owned), measurements)


def _make_past_partitions(connection: psycopg.Connection, owned: list[Possessions], now: datetime, days: int) -> None:
    oldest = min((each.created for each in owned), default=now)
    first_measurement = now - timedelta(days=days)
    needed = [("vms", oldest), ("vm_audit", oldest), ("vm_metrics_hourly", first_measurement)]
    needed += [("vm_metrics", first_measurement)]
    for table, first in needed:
        connection.execute(
            "SELECT novaops_schema.ensure_partitions(format('public.%%I', table_name)::regclass, step, %s, %s) "
            "FROM novaops_schema.partition_plan WHERE table_schema = 'public' AND table_name = %s",
            (first.date(), now.date(), table),
        )


def _fill_home(connection: psycopg.Connection, home: str, owned: list[Possessions], now: datetime, days: int) -> int:
    lines = {
        "users": rows.user_lines,
        "vms": rows.vm_lines,
        "vms_hot": rows.hot_lines,
        "vms_cold": rows.cold_lines,
        "vm_audit": rows.audit_lines,
    }
    for table, lines_of in lines.items():
        _copy(connection, home, table, chain.from_iterable(lines_of(each) for each in owned))
    return _copy(connection, home, "vm_metrics", metrics.lines(owned, now, days))


def _copy(connection: psycopg.Connection, home: str, table: str, lines: Iterable[str]) -> int:
    """COPY the lines; returns how many rows the server took."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(home, table), sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table].split()))
    )
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for block in _blocks(lines):
                copy.write(block)
        return cursor.rowcount


def _blocks(lines: Iterable[str]) -> Iterator[str]:
    gathered: list[str] = []
    size = 0
    for line in lines:
        gathered.append(line)
        size += len(line)
        if size >= BLOCK:
            yield "".join(gathered)
            gathered, size = [], 0
    yield "".join(gathered)
