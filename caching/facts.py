"""What is known of the cache tiers and of the stream."""

from caching.clients.memcached_replies import MemcachedStats, SlabClass
from caching.clients.nats_replies import NatsServer
from caching.clients.redis_replies import ClusterNode, RedisInfo, SlotRange
from metrics.contract import Facts


class RedisFacts(Facts):
    """One node and the cluster as it sees it. `slots` are its own; `cluster_ok` is what it says of the whole."""

    info: RedisInfo
    node_id: str = ""
    slots: tuple[SlotRange, ...] = ()
    cluster_enabled: bool = True
    cluster_ok: bool = True
    slots_assigned: int = 0
    slots_failing: int = 0
    nodes: tuple[ClusterNode, ...] = ()

    @property
    def slot_count(self) -> int:
        return sum(slot_range.count for slot_range in self.slots)

    @property
    def leads(self) -> bool:
        return self.info.role == "master"


class FamilyKeys(Facts):
    """How many items of a family one node holds; `bytes` is None where it was not measured."""

    family: str
    keys: int
    bytes: int | None = None


class FamilyKeysFacts(Facts):
    """Items per family of one node, by prefix. `sampled` of `total` keys were looked at; counts are scaled up to
    `total`, and exact when all were looked at."""

    families: tuple[FamilyKeys, ...] = ()
    sampled: int = 0
    total: int = 0
    tier: str = "L1"

    @property
    def exact(self) -> bool:
        return self.sampled >= self.total


class FamilyTraffic(Facts):
    """Counters of one family, kept by the caching library over all its processes."""

    family: str
    tier: str
    hits_total: int = 0
    misses_total: int = 0
    sets_total: int = 0
    errors_total: int = 0


class FamiliesFacts(Facts):
    """`found` is False while no process has counted anything yet."""

    found: bool = False
    families: tuple[FamilyTraffic, ...] = ()


class MemcachedFacts(Facts):
    stats: MemcachedStats
    slabs: tuple[SlabClass, ...] = ()


class NatsFacts(Facts):
    server: NatsServer
