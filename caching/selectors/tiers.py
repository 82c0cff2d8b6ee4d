"""A tier as a whole: its nodes together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from caching.selectors.memcached import MemcachedRow
from caching.selectors.rates import History, added, spark
from caching.selectors.redis import RedisRow
from caching.traffic import rate_over
from metrics.rates import ratio_over
from metrics.series import Series
from novaops.ui.formats import human_bytes, percent, rate


@dataclass(frozen=True, slots=True)
class TierRow:
    """A tier as a whole. `bytes` of `limit`; both of the nodes that hold data of their own."""

    ratio: float | None
    reads: float | None
    bytes: int
    limit: int
    keys: int
    evictions: float | None
    spark: tuple[float | None, ...]
    at: datetime | None
    asked: int
    answered: int

    @property
    def memory_note(self) -> str:
        return f"{percent(self.bytes / self.limit)} of {human_bytes(self.limit)}" if self.limit else "no limit"

    @property
    def evictions_note(self) -> str:
        return "" if self.evictions is None else f"{rate(self.evictions)} evicted"


def l1_tier(rows: tuple[RedisRow, ...], known: History) -> TierRow:
    primaries = [row for row in rows if row.facts and row.facts.leads]
    infos = [row.facts.info for row in primaries if row.facts]
    return _tier(
        rows,
        [known[row.seen.server.id] for row in primaries],
        "evicted_total",
        (sum(info.memory_bytes for info in infos), sum(info.memory_limit_bytes for info in infos)),
        sum(info.keys for info in infos),
    )


def l2_tier(rows: tuple[MemcachedRow, ...], known: History) -> TierRow:
    stats = [row.facts.stats for row in rows if row.facts]
    return _tier(
        rows,
        [known[row.seen.server.id] for row in rows],
        "evictions_total",
        (sum(one.bytes for one in stats), sum(one.limit_bytes for one in stats)),
        sum(one.items for one in stats),
    )


def _tier(
    rows: tuple[RedisRow, ...] | tuple[MemcachedRow, ...],
    series: list[Mapping[str, Series]],
    evictions: str,
    memory: tuple[int, int],
    keys: int,
) -> TierRow:
    hits, misses = added([one["hits_total"] for one in series]), added([one["misses_total"] for one in series])
    hit, miss = rate_over(hits), rate_over(misses)
    evicted = [rate_over(one[evictions]) for one in series]
    known = [one for one in evicted if one is not None]
    return TierRow(
        ratio=ratio_over(hits, misses)[0],
        reads=None if hit is None or miss is None else hit + miss,
        bytes=memory[0],
        limit=memory[1],
        keys=keys,
        evictions=sum(known) if known else None,
        spark=spark(hits, misses),
        at=min((row.seen.good_at for row in rows if row.seen.good_at), default=None),
        asked=len(rows),
        answered=sum(row.seen.reachable for row in rows),
    )
