"""What is asked of every Redis node, every Memcached and NATS."""

from collections.abc import Callable

from caching import family_traffic
from caching.asking import asking
from caching.clients.memcached import Memcached
from caching.clients.nats import Nats
from caching.clients.redis import RedisNode
from caching.command_probe import COMMANDS_EVERY, ask_redis_commands
from caching.facts import (
    FamiliesFacts,
    FamilyKeysFacts,
    MemcachedFacts,
    NatsFacts,
    ReadersFacts,
    RedisCommandsFacts,
    RedisFacts,
)
from caching.key_probes import KEYS_TIMEOUT, ask_memcached_keys, ask_redis_keys
from caching.library.counters import HASH
from caching.readers_probe import READERS_EVERY, ask_readers
from caching.stream.backlog import consumer_values
from metrics.contract import Answer, Facts, Probe, State
from novaops.inventory.models import ServerKind
from novaops.inventory.targets import Target

KEYS_EVERY = 60.0


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
    *("bytes_in_total", "bytes_out_total", "memory_rss_bytes"),
)
_MEMCACHED_VALUES = (
    *("bytes", "memory_used", "items", "connections"),
    *("hits_total", "misses_total", "gets_total", "sets_total", "evictions_total", "expired_unfetched_total"),
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
def ask_memcached(target: Target) -> Answer:
    server = Memcached(target)
    ping = server.ping_ms()
    facts = MemcachedFacts(stats=server.stats(), slabs=server.slabs(), ping_ms=round(ping, 3))
    return Answer(facts, {**numbers(facts.stats, _MEMCACHED_VALUES), "ping_ms": ping, **waste(facts)})


@asking
def ask_nats(target: Target) -> Answer:
    facts = NatsFacts(server=Nats(target).server())
    cause = "" if facts.server.jetstream else "JetStream is off: the change stream cannot be kept."
    values = numbers(facts.server, _NATS_VALUES) | consumer_values(facts.server)
    return Answer(facts, values, State.DEGRADED if cause else State.OK, cause)


def waste(facts: MemcachedFacts) -> dict[str, float]:
    """Nothing where the server does not say what its items take."""
    return {} if facts.wasted_bytes is None else {"wasted_bytes": float(facts.wasted_bytes)}


def _probe(
    name: str, kind: ServerKind, facts: type[Facts], ask: Callable[[Target], Answer], slow: bool = False
) -> Probe:
    return (
        Probe(name, kind, facts, ask, every=KEYS_EVERY, timeout=KEYS_TIMEOUT) if slow else Probe(name, kind, facts, ask)
    )


PROBES = (
    _probe("redis", ServerKind.REDIS, RedisFacts, ask_redis),
    Probe("redis-commands", ServerKind.REDIS, RedisCommandsFacts, ask_redis_commands, every=COMMANDS_EVERY),
    Probe("cache-readers", ServerKind.REDIS, ReadersFacts, ask_readers, every=READERS_EVERY),
    _probe("families", ServerKind.REDIS, FamiliesFacts, ask_families),
    _probe("redis-keys", ServerKind.REDIS, FamilyKeysFacts, ask_redis_keys, slow=True),
    _probe("memcached", ServerKind.MEMCACHED, MemcachedFacts, ask_memcached),
    _probe("memcached-keys", ServerKind.MEMCACHED, FamilyKeysFacts, ask_memcached_keys, slow=True),
    _probe("nats", ServerKind.NATS, NatsFacts, ask_nats),
)
