"""What shards answer about their tenants is kept beside each placement, so that lists can sort by it."""

from datetime import datetime

from metrics.contract import Facts
from novaops.inventory.targets import Target
from shards.placement.facts import TenantsFacts
from shards.placement.services import Count, record_counts, record_gates


def keep_counts(target: Target, facts: Facts, at: datetime, **_: object) -> None:
    """Receives metrics.signals.answered."""
    if isinstance(facts, TenantsFacts) and facts.installed:
        counts = (Count(tenant.tenant_id, tenant.vms, tenant.bytes) for tenant in facts.living)
        record_counts(target.shard, counts, at)
        record_gates(target.shard, {one.tenant_id: one.gate for one in facts.tenants if not one.lives_here}, at)
