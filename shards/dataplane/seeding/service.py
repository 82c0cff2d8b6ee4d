"""The demo's data: every tenant gets its place, then each shard gets the rows of its tenants."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shards.dataplane import everywhere
from shards.dataplane.addresses import ShardDatabase
from shards.dataplane.seeding import load, plan
from shards.dataplane.seeding.load import Loaded
from shards.placement import services
from shards.placement.services import Newcomer


def seed(shards: Sequence[ShardDatabase], tenants: int, vms: int, days: int, now: datetime) -> dict[str, Loaded]:
    """What was loaded, by shard. Safe to repeat: placement decides, and a shard is filled once only."""
    wanted = plan.tenants(tenants, vms)
    newcomers = [Newcomer(tenant.tenant_id, tenant.name, tenant.schema_name or "") for tenant in wanted]
    placed = {each.tenant_id: each.shard for each in services.assign_all(newcomers, "demo data")}
    settled = [replace(tenant, shard=placed[tenant.tenant_id]) for tenant in wanted]
    return everywhere.on_each(shards, lambda shard: load.fill(shard, settled, now, days))
