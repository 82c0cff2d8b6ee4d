"""The cache tiers' hit ratios on top of the overview."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from caching.lately import reads_lately, sum_of_tier
from caching.library.families import FAMILIES
from caching.selectors.overview import page
from caching.selectors.rates import NOW_SECONDS, SPARK_POINTS
from caching.selectors.tiers import TierRow
from caching.smoothing import smooth_ratio
from caching.traffic import Traffic, traffic
from metrics.contract import Snapshot
from metrics.rates import ratio_over, total
from metrics.thresholds import HIT_RATIO_CRITICAL, HIT_RATIO_LEAST_READS
from metrics.tiles import Tile

TIERS = (("L1", "redis"), ("L2", "memcached"))


def cache_tiles(snapshot: Snapshot, seconds: float) -> Iterable[Tile]:
    """L1 and L2 where the fleet has them: what applications saw in the last minutes, by the families' own counters;
    by the servers' where no application counts."""
    there = [(tier, kind) for tier, kind in TIERS if snapshot.servers_of(kind)]
    if not there:
        return
    counted = traffic(FAMILIES, snapshot.at - timedelta(seconds=NOW_SECONDS))
    by_server = None if any(one.counted for one in counted.values()) else page(snapshot)
    for tier, _ in there:
        if by_server is None:
            yield _of_applications(snapshot, tier, counted)
        else:
            yield _of_servers(tier, by_server.l1 if tier == "L1" else by_server.l2)


def _of_applications(snapshot: Snapshot, tier: str, counted: Mapping[str, Traffic]) -> Tile:
    families = [counted[family.name] for family in FAMILIES.values() if family.tier == tier]
    hits, misses = total([one.hits for one in families]), total([one.misses for one in families])
    lately = sum_of_tier(reads_lately(snapshot), tier)
    shown, reads = lately.ratio, lately.reads
    return Tile(
        f"{tier} hits",
        # After a failover another node counts, and its rates are known only when it has counted for a while.
        ratio_over(hits, misses)[0] if shown is None else shown,
        "percent",
        "caches",
        spark=smooth_ratio(hits, misses, SPARK_POINTS).values,
        at=max((one.at for one in families if one.at), default=None),
        status=_status(shown) if reads >= HIT_RATIO_LEAST_READS else "",
        title="Of what applications asked it for in the last minutes",
    )


def _of_servers(tier: str, row: TierRow) -> Tile:
    title = "Of all reads that its servers counted in the last five minutes"
    status = _status(row.ratio)
    return Tile(f"{tier} hits", row.ratio, "percent", "caches", spark=row.spark, at=row.at, status=status, title=title)


def _status(shown: float | None) -> str:
    return "critical" if shown is not None and shown < HIT_RATIO_CRITICAL else ""
