"""The cache tiers' hit ratios on top of the overview."""

from collections.abc import Iterable

from caching.selectors import TierRow, page
from metrics.contract import Snapshot
from metrics.thresholds import HIT_RATIO_CRITICAL
from metrics.tiles import Tile


def cache_tiles(snapshot: Snapshot, seconds: float) -> Iterable[Tile]:
    """L1 and L2 where the fleet has them; a ratio is that of the last minutes."""
    shown = page(snapshot)
    if shown.redis:
        yield _tile("L1 hits", "Redis Cluster", shown.l1)
    if shown.memcached:
        yield _tile("L2 hits", "Memcached", shown.l2)


def _tile(label: str, system: str, tier: TierRow) -> Tile:
    low = tier.ratio is not None and tier.ratio < HIT_RATIO_CRITICAL
    return Tile(
        label,
        tier.ratio,
        "percent",
        "caches",
        spark=tier.spark,
        at=tier.at,
        status="warning" if low else "",
        title=f"Reads that {system} answered, of all in the last five minutes",
    )
