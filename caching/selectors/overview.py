"""The caches page: both tiers, their nodes, the families, the slots."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from caching.library.families import FAMILIES
from caching.selectors.cost import Cost, together
from caching.selectors.families import FamilyRow, family_rows
from caching.selectors.memcached import MEMCACHED, MemcachedRow, memcached_row
from caching.selectors.rates import NOW_SECONDS, history
from caching.selectors.redis import REDIS, RedisRow, redis_rows
from caching.selectors.tiers import TierRow, l1_tier, l2_tier
from caching.slots import Owned, SlotPicture, picture
from caching.traffic import traffic
from metrics.contract import Snapshot


@dataclass(frozen=True, slots=True)
class CachesPage:
    redis: tuple[RedisRow, ...]
    memcached: tuple[MemcachedRow, ...]
    families: tuple[FamilyRow, ...]
    l1: TierRow
    l2: TierRow
    cost: Cost
    slots: SlotPicture
    slots_at: datetime | None


def page(seen: Snapshot) -> CachesPage:
    since = seen.at - timedelta(seconds=NOW_SECONDS)
    redis, memcached = seen.of_probe("redis"), seen.of_probe("memcached")
    redis_history = history(redis, "redis", REDIS, since)
    memcached_history = history(memcached, "memcached", MEMCACHED, since)
    rows = redis_rows(redis, redis_history, seen.at)
    stores = tuple(memcached_row(one, memcached_history, seen.at) for one in memcached)
    leading = [row for row in rows if row.leads_slots]
    read = traffic(FAMILIES, since)
    return CachesPage(
        redis=rows,
        memcached=stores,
        families=family_rows(seen, read),
        l1=l1_tier(rows, redis_history),
        l2=l2_tier(stores, memcached_history),
        cost=together(read),
        slots=picture([Owned(row.seen.server.name, row.series, row.slots, row.seen.reachable) for row in leading]),
        slots_at=min((row.seen.good_at for row in leading if row.seen.good_at), default=None),
    )
