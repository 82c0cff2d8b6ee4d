"""What is known of the cache tiers and of the stream."""

from caching.clients.memcached_replies import MemcachedStats, SlabClass
from caching.clients.nats_replies import NatsServer
from caching.clients.redis_replies import ClusterNode, CommandStat, LatencyEvent, RedisInfo, SlotRange
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


class RedisCommandsFacts(Facts):
    """What commands take on one node, those that took most time first; and what a PING takes from here."""

    ping_ms: float
    commands: tuple[CommandStat, ...] = ()
    events: tuple[LatencyEvent, ...] = ()


class KeyFact(Facts):
    """One key, masked where its name is a secret. `bytes` as the server counts them; `uses` (OBJECT FREQ) of a server
    that evicts by use: a logarithm of how often, 0 to 255, that ebbs while it is not used."""

    key: str
    bytes: int
    uses: int | None = None


class SlotFact(Facts):
    """A slot and its keys; `tag` is the tenant that all of its sampled keys belong to."""

    slot: int
    keys: int
    tag: str = ""


class FamilyKeys(Facts):
    """How many items of a family one node holds; `bytes` from those that were measured, None where none was."""

    family: str
    keys: int
    bytes: int | None = None


class FamilyKeysFacts(Facts):
    """Items per family of one node, by prefix. `sampled` of `total` keys were looked at; counts are scaled up to
    `total`, and exact when all were looked at. `measured`, drawn at random, were measured: `big` are the largest of
    these. `hot` are the most used of `uses_looked` keys where the server counts use, else nothing. `slot_parts` are
    the keys in each 128th of the hash slots, `full_slots` the slots with most keys; both exact, and empty for
    Memcached."""

    families: tuple[FamilyKeys, ...] = ()
    sampled: int = 0
    total: int = 0
    tier: str = "L1"
    measured: int = 0
    big: tuple[KeyFact, ...] = ()
    hot: tuple[KeyFact, ...] = ()
    uses_looked: int = 0
    slot_parts: tuple[int, ...] = ()
    full_slots: tuple[SlotFact, ...] = ()

    @property
    def exact(self) -> bool:
        return self.sampled >= self.total


class FamilyTraffic(Facts):
    """Counters of one family, kept by the caching library over all its processes; `near_total` are those hits that a
    process served from its own memory. `family` may also be what a wider invalidation was of: entry, tenant, family,
    shard; it has no tier then."""

    family: str
    tier: str
    hits_total: int = 0
    near_total: int = 0
    misses_total: int = 0
    sets_total: int = 0
    errors_total: int = 0
    loads_total: int = 0
    invalidations_total: int = 0


class FamiliesFacts(Facts):
    """`found` is False while no process has counted anything yet."""

    found: bool = False
    families: tuple[FamilyTraffic, ...] = ()


class TenantReads(Facts):
    """What one tenant read of one family in a window, and how much of that in process; "*" are the tenants that read
    less, together."""

    tenant: str
    family: str
    reads: int = 0
    near: int = 0
    loads: int = 0


class HotKey(Facts):
    """A key and about how often it was read in a window: one read in a few is counted by its key."""

    key: str
    reads: int


class WindowFact(Facts):
    """What one node holds of a window of time; `began` in seconds of the epoch."""

    began: int
    tenants: tuple[TenantReads, ...] = ()
    keys: tuple[HotKey, ...] = ()


class ReadersFacts(Facts):
    """The windows of now and before, as far as they lie on this node."""

    windows: tuple[WindowFact, ...] = ()


class MemcachedFacts(Facts):
    """One server. Of all its chunks in use, `wasted_bytes` hold nothing; None where it does not say what items take."""

    stats: MemcachedStats
    slabs: tuple[SlabClass, ...] = ()
    ping_ms: float | None = None

    @property
    def wasted_bytes(self) -> int | None:
        known = [slab.wasted_bytes for slab in self.slabs if slab.wasted_bytes is not None]
        return sum(known) if known else None

    @property
    def held_bytes(self) -> int:
        """Whole chunks in use."""
        return sum(slab.used_bytes for slab in self.slabs)

    @property
    def free_bytes(self) -> int:
        """In pages that a class holds and does not use: no other class can have them."""
        return sum(slab.free_bytes for slab in self.slabs)


class NatsFacts(Facts):
    server: NatsServer
