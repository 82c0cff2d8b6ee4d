"""What is found about memory and replicas."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from caching import pressure_findings as pressure
from caching.clients.memcached_replies import MemcachedStats, SlabClass
from caching.clients.redis_replies import RedisInfo, ReplicaLink
from caching.facts import MemcachedFacts, RedisFacts
from metrics.contract import Facts, Finding, Seen, ServerSeen, Snapshot, State

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MIB = 1 << 20
Rule = Callable[[Snapshot, datetime], Iterator[Finding]]


def seen(name: str, facts: Facts, state: State = State.OK, **rates: float) -> Seen:
    kind = "memcached" if isinstance(facts, MemcachedFacts) else "redis"
    server = ServerSeen(len(name), kind, name, "192.0.2.1", int(name[-1]))
    return Seen(server, kind, state, facts=facts, rates=rates)


def redis(**more: Any) -> RedisFacts:
    return RedisFacts(info=RedisInfo(version="7.0", role="master", **more))


def memcached(*slabs: SlabClass, **more: Any) -> MemcachedFacts:
    return MemcachedFacts(stats=MemcachedStats(version="1.6", **more), slabs=slabs)


def told(rule: Rule, *several: Seen) -> list[str]:
    return [one.sentence for one in rule(Snapshot(NOW, 5.0, readings=several), NOW)]


def test_evictions_that_rise_with_how_full_it_is() -> None:
    facts = redis(evicted_total=1000, uptime_seconds=1000, memory_bytes=63 * MIB, memory_limit_bytes=64 * MIB)
    (said,) = told(pressure.evictions, seen("redis-1", facts, evicted_total=4.0))
    assert said == "redis-1 evicts 4/s, 4.0 times its usual 1/s; it uses 98\u00a0% of its 64\u00a0MiB."


@pytest.mark.parametrize(("lately", "usual"), [(0.5, 0), (4.0, 3000), (0.0, 0)])
def test_evictions_that_are_few_or_as_usual_are_none(lately: float, usual: int) -> None:
    facts = redis(evicted_total=usual, uptime_seconds=1000)
    assert not told(pressure.evictions, seen("redis-1", facts, evicted_total=lately))


def test_evictions_of_memcached_and_none_of_whom_nobody_reaches() -> None:
    facts = memcached(evictions_total=0, uptime_seconds=10)
    assert "which it did not before" in told(pressure.evictions, seen("memcached-1", facts, evictions_total=2.0))[0]
    assert not told(pressure.evictions, seen("memcached-1", facts, State.UNREACHABLE, evictions_total=2.0))


def test_a_replica_behind_and_one_that_is_silent() -> None:
    links = (
        ReplicaLink(address="192.0.2.1:4", state="online", offset=0, lag_seconds=1),
        ReplicaLink(address="192.0.2.1:5", state="online", offset=8 * MIB, lag_seconds=30),
        ReplicaLink(address="192.0.2.1:6", state="online", offset=8 * MIB, lag_seconds=1),
    )
    primary = seen("redis-1", redis(replication_offset=8 * MIB, replicas=links))
    follower = seen("redis-4", RedisFacts(info=RedisInfo(version="7.0", role="replica")))
    behind, silent = told(pressure.replicas, primary, follower)
    assert behind.startswith("Replica redis-4 is 8\u00a0MiB behind its primary redis-1:")
    assert "192.0.2.1:5" in silent and "last heard 30 s ago" in silent


def slab(used: int, free: int, requested: int | None) -> SlabClass:
    return SlabClass(number=1, chunk_bytes=MIB, chunks_used=used, chunks_free=free, requested_bytes=requested)


def test_slabs_that_waste() -> None:
    (said,) = told(pressure.slabs, seen("memcached-1", memcached(slab(100, 0, 60 * MIB))))
    assert said.startswith("memcached-1 wastes 40\u00a0MiB, 40\u00a0% of its chunks in use")


@pytest.mark.parametrize("one", [slab(100, 0, 90 * MIB), slab(20, 0, 10 * MIB), slab(100, 0, None)])
def test_slabs_that_waste_little_or_do_not_say(one: SlabClass) -> None:
    assert not told(pressure.slabs, seen("memcached-1", memcached(one)))


def test_memory_that_lies_free_in_another_class_while_it_evicts() -> None:
    facts = memcached(slab(1, 30, MIB))
    assert not told(pressure.slabs, seen("memcached-1", facts))
    (said,) = told(pressure.slabs, seen("memcached-1", facts, evictions_total=5.0))
    assert said == "memcached-1 evicts 5/s while 30\u00a0MiB lie free in other slab classes."


@pytest.mark.parametrize("rule", [pressure.evictions, pressure.replicas, pressure.slabs])
def test_every_finding_has_a_next_step_and_a_page(rule: Rule) -> None:
    link = ReplicaLink(address="192.0.2.1:4", lag_seconds=99)
    several = (
        seen("redis-1", redis(replicas=(link,)), evicted_total=9.0),
        seen("memcached-1", memcached(slab(100, 30, 0)), evictions_total=9.0),
    )
    found = list(rule(Snapshot(NOW, 5.0, readings=several), NOW))
    assert found and all(one.next_step and one.page == "caches" for one in found)
