"""Measurements of the last minute: a sorted set for each VM, by time. Pure."""

from caching.library import keys
from caching.library.families import FAMILIES
from caching.library.serialisers import JSON

METRIC = FAMILIES["metric"]


def point(tenant_id: str, vm_id: str, values: dict[str, float], now: float) -> tuple[str, float, bytes, float, int]:
    """Key, score, member, since when points are kept, and for how many seconds the whole set is."""
    member = JSON.dump({"at": now, **values})
    return keys.l1_key(METRIC, tenant_id, vm_id), now, member, now - METRIC.ttl, METRIC.ttl
