"""What is asked of every Redis node, every Memcached and NATS."""

from collections import Counter
from collections.abc import Callable

from caching import family_traffic
from caching.clients.memcached import Memcached
from caching.clients.nats import Nats
from caching.clients.redis import RedisNode
from caching.exceptions import CacheError
from caching.facts import FamiliesFacts, FamilyKeys, FamilyKeysFacts, MemcachedFacts, NatsFacts, RedisFacts
from caching.library.counters import HASH
from metrics.contract import Answer, Facts, Probe, ProbeProblem, State
from novaops.inventory.models import ServerKind
from novaops.inventory.targets import Target

KEYS_EVERY, KEYS_TIMEOUT = 60.0, 10.0
KEYS_SAMPLED = 20_000
OTHER = "other"


def asking(ask: Callable[[Target], Answer]) -> Callable[[Target], Answer]:
    """A client's error becomes the collector's."""

    def asked(target: Target) -> Answer:
        try:
            return ask(target)
        except CacheError as problem:
            raise ProbeProblem(str(problem)) from problem

    return asked


@asking
def ask_redis(target: Target) -> Answer:
    facts = redis_facts(RedisNode(target))
    cause = _redis_cause(facts)
    return Answer(facts, numbers(facts.info, _REDIS_VALUES), State.DEGRADED if cause else State.OK, cause)


def redis_facts(node: RedisNode) -> RedisFacts:
    info, nodes, said = node.info(), node.nodes(), node.cluster_info()
    own = next((one for one in nodes if "myself" in one.flags), None)
    return RedisFacts(
        info=info,
        node_id=own.id if own else "",
        slots=own.slots if own else (),
        cluster_ok=said.get("cluster_state") == "ok",
        slots_assigned=int(said.get("cluster_slots_assigned", 0)),
        slots_failing=int(said.get("cluster_slots_pfail", 0)) + int(said.get("cluster_slots_fail", 0)),
        nodes=nodes,
    )


def _redis_cause(facts: RedisFacts) -> str:
    if facts.info.loading:
        return "It loads its data from disk."
    if not facts.cluster_ok:
        return "It says that the cluster is down: not every hash slot is served."
    return "" if facts.info.master_link_up else f"Its link to its master {facts.info.master_address} is down."


_REDIS_VALUES = (
    *("memory_bytes", "memory_used", "fragmentation", "keys", "ops_per_second", "clients", "replication_offset"),
    *("hits_total", "misses_total", "evicted_total", "expired_total", "commands_total"),
)
_MEMCACHED_VALUES = (
    *("bytes", "memory_used", "items", "connections"),
    *("hits_total", "misses_total", "gets_total", "sets_total", "evictions_total"),
)
_NATS_VALUES = (
    *("connections", "memory_bytes", "store_bytes", "messages", "slow_consumers"),
    *("messages_in_total", "messages_out_total", "bytes_in_total", "bytes_out_total"),
)


def numbers(said: object, names: tuple[str, ...]) -> dict[str, float]:
    return {name: float(getattr(said, name)) for name in names}


@asking
def ask_families(target: Target) -> Answer:
    """The counters live on one node of the cluster: the others find nothing, which is an answer too."""
    facts = family_traffic.parse(RedisNode(target).hash_of(HASH) or {})
    return Answer(facts, family_traffic.values(facts))


@asking
def ask_redis_keys(target: Target) -> Answer:
    """Only masters are walked: a replica holds the same keys."""
    node = RedisNode(target, KEYS_TIMEOUT)
    if node.info().role != "master":
        return Answer(FamilyKeysFacts(tier="L1"))
    total = node.size()
    found, looked = node.count_by_prefix(KEYS_SAMPLED)
    return _keys(found, looked, max(total, looked) if looked >= KEYS_SAMPLED else looked, "L1")


@asking
def ask_memcached_keys(target: Target) -> Answer:
    found = Memcached(target, KEYS_TIMEOUT).count_by_prefix()
    return _keys(found, found.total(), found.total(), "L2")


def named(found: Counter[str]) -> Counter[str]:
    """By family; what no family has is one group, as anybody's keys may have any name."""
    counted: Counter[str] = Counter()
    for name, count in found.items():
        counted[name if family_traffic.tier_of(name) else OTHER] += count
    return counted


def _keys(found: Counter[str], looked: int, total: int, tier: str) -> Answer:
    scale = total / looked if looked else 1.0
    families = tuple(FamilyKeys(family=name, keys=round(count * scale)) for name, count in sorted(named(found).items()))
    facts = FamilyKeysFacts(families=families, sampled=looked, total=total, tier=tier)
    return Answer(facts, {f"{one.family}:keys": float(one.keys) for one in families})


@asking
def ask_memcached(target: Target) -> Answer:
    server = Memcached(target)
    facts = MemcachedFacts(stats=server.stats(), slabs=server.slabs())
    return Answer(facts, numbers(facts.stats, _MEMCACHED_VALUES))


@asking
def ask_nats(target: Target) -> Answer:
    facts = NatsFacts(server=Nats(target).server())
    cause = "" if facts.server.jetstream else "JetStream is off: the change stream cannot be kept."
    return Answer(facts, numbers(facts.server, _NATS_VALUES), State.DEGRADED if cause else State.OK, cause)


def _probe(
    name: str, kind: ServerKind, facts: type[Facts], ask: Callable[[Target], Answer], slow: bool = False
) -> Probe:
    return (
        Probe(name, kind, facts, ask, every=KEYS_EVERY, timeout=KEYS_TIMEOUT) if slow else Probe(name, kind, facts, ask)
    )


PROBES = (
    _probe("redis", ServerKind.REDIS, RedisFacts, ask_redis),
    _probe("families", ServerKind.REDIS, FamiliesFacts, ask_families),
    _probe("redis-keys", ServerKind.REDIS, FamilyKeysFacts, ask_redis_keys, slow=True),
    _probe("memcached", ServerKind.MEMCACHED, MemcachedFacts, ask_memcached),
    _probe("memcached-keys", ServerKind.MEMCACHED, FamilyKeysFacts, ask_memcached_keys, slow=True),
    _probe("nats", ServerKind.NATS, NatsFacts, ask_nats),
)
