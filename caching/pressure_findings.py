"""What is wrong with memory and replicas of the caches: evictions that rise, replicas behind, wasting slabs. Pure."""

from collections.abc import Iterator
from datetime import datetime

from caching.clients.redis_replies import RedisInfo, ReplicaLink
from caching.facts import MemcachedFacts, RedisFacts
from metrics import thresholds
from metrics.contract import Finding, Seen, Severity, Snapshot
from novaops.ui.formats import human_bytes, percent, rate

MORE_MEMORY = "Give it more memory or its families shorter lives; its page says which family takes most."


def evictions(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    """Where more is evicted than was usual since the server started."""
    for seen, facts in snapshot.facts(RedisFacts):
        if facts.leads:
            info = facts.info
            full = _full(info.memory_bytes, info.memory_limit_bytes)
            yield from _rising(seen, "evicted_total", info.evicted_total, info.uptime_seconds, full)
    for seen, stored in snapshot.facts(MemcachedFacts):
        stats = stored.stats
        full = _full(stats.bytes, stats.limit_bytes)
        yield from _rising(seen, "evictions_total", stats.evictions_total, stats.uptime_seconds, full)


def _rising(seen: Seen, name: str, total: int, uptime: int, full: str) -> Iterator[Finding]:
    lately, usual = seen.rates.get(name, 0.0), total / uptime if uptime else 0.0
    if not seen.reachable or lately < thresholds.EVICTIONS_LEAST or lately < thresholds.EVICTIONS_RISING * usual:
        return
    more = f"{lately / usual:.1f} times its usual {rate(usual)}" if usual else "which it did not before"
    sentence = f"{seen.server.name} evicts {rate(lately)}, {more}{full}."
    yield _finding(f"evictions:{seen.server.name}", Severity.WARNING, seen, sentence, MORE_MEMORY)


def _full(used: int, limit: int) -> str:
    return f"; it uses {percent(used / limit, 0)} of its {human_bytes(limit)}" if limit else ""


def replicas(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    """Replicas that a primary hears late, or that lack much of what it wrote."""
    names = {one.server.address: one.server.name for one in snapshot.of_probe("redis")}
    for seen, facts in snapshot.facts(RedisFacts):
        if seen.reachable and facts.leads:
            for link in facts.info.replicas:
                yield from _behind(seen, facts.info, link, names.get(link.address, link.address))


def _behind(primary: Seen, info: RedisInfo, link: ReplicaLink, name: str) -> Iterator[Finding]:
    behind, silent = info.behind(link), link.lag_seconds or 0
    if behind < thresholds.CACHE_REPLICA_BEHIND_BYTES and silent < thresholds.REPLICA_SILENT_SECONDS:
        return
    heard = f", last heard {silent} s ago" if silent >= thresholds.REPLICA_SILENT_SECONDS else ""
    sentence = (
        f"Replica {name} is {human_bytes(behind)} behind its primary {primary.server.name}{heard}: "
        "a failover now would lose that much of L1, generations among it."
    )
    step = "See its load and the network between them; a full copy ends by itself."
    yield _finding(f"behind:{name}", Severity.WARNING, primary, sentence, step, name)


def slabs(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    for seen, facts in snapshot.facts(MemcachedFacts):
        if seen.reachable:
            yield from _waste(seen, facts)
            yield from _stuck(seen, facts)


def _waste(seen: Seen, facts: MemcachedFacts) -> Iterator[Finding]:
    wasted, held = facts.wasted_bytes or 0, facts.held_bytes
    if wasted < thresholds.SLAB_LEAST_BYTES or wasted < thresholds.SLAB_WASTE_WARNING * held:
        return
    sentence = (
        f"{seen.server.name} wastes {human_bytes(wasted)}, {percent(wasted / held, 0)} of its chunks in use: "
        "its items are much smaller than the chunks that hold them."
    )
    step = "A smaller growth factor (-f 1.1) makes more chunk sizes; its page shows the classes."
    yield _finding(f"waste:{seen.server.name}", Severity.WARNING, seen, sentence, step)


def _stuck(seen: Seen, facts: MemcachedFacts) -> Iterator[Finding]:
    evicted, free = seen.rates.get("evictions_total", 0.0), facts.free_bytes
    if evicted < thresholds.EVICTIONS_LEAST or free < thresholds.SLAB_LEAST_BYTES:
        return
    sentence = f"{seen.server.name} evicts {rate(evicted)} while {human_bytes(free)} lie free in other slab classes."
    yield _finding(f"stuck:{seen.server.name}", Severity.WARNING, seen, sentence, "Turn on slab_automove.")


def _finding(key: str, severity: Severity, seen: Seen, sentence: str, next_step: str, subject: str = "") -> Finding:
    name = subject or seen.server.name
    return Finding(
        key=f"caches:{key}",
        severity=severity,
        sentence=sentence,
        subject=name,
        since=None,
        page="caches",
        anchor=f"node-{name}",
        next_step=next_step,
    )
