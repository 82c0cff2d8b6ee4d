"""What shards answer about their tenants is kept beside each placement, so that lists can sort by it."""

from datetime import datetime
from typing import Any

from novaops.inventory.targets import Target
from shards.placement.facts import TenantsFacts
from shards.placement.services import Count, record_counts


def keep_counts(probe: str, target: Target, facts: dict[str, Any], at: datetime, **_: object) -> None:
    """Receives metrics.signals.answered."""
    if probe != "tenants":
        return
    seen = TenantsFacts.model_validate(facts)
    if seen.installed:
        counts = (Count(tenant.tenant_id, tenant.vms, tenant.bytes) for tenant in seen.tenants)
        record_counts(target.shard, counts, at)
