"""A fleet's caches as a collector left them. No server is there that a page could ask."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from caching.clients.memcached_replies import MemcachedStats, SlabClass
from caching.clients.redis_replies import CommandStat, LatencyEvent, RedisInfo, ReplicaLink, SlotRange
from caching.facts import (
    FamilyKeys,
    FamilyKeysFacts,
    HotKey,
    KeyFact,
    MemcachedFacts,
    ReadersFacts,
    RedisCommandsFacts,
    RedisFacts,
    SlotFact,
    TenantReads,
    WindowFact,
)
from caching.library.readers import WINDOW_SECONDS, window_at
from metrics.contract import Facts, State
from metrics.models import Reading, Sample
from novaops.fleets.models import Fleet
from novaops.inventory.models import Server

SignIn = Callable[..., Client]


def reading(server: Server, probe: str, facts: Facts, state: State = State.OK, **more: object) -> None:
    now = timezone.now()
    known = {"checked_at": now, "good_at": now, "state_since": now, "due_at": now, **more}
    Reading.objects.create(server=server, probe=probe, facts=facts.model_dump(mode="json"), state=state, **known)


def server(kind: str, name: str, port: int) -> Server:
    return Server.objects.create(kind=kind, name=name, host="192.0.2.1", port=port)


@pytest.fixture
def cached(fleet: Fleet) -> Fleet:
    """redis-1 leads and answers, redis-2 leads and stopped 5 minutes ago, redis-3 follows redis-1; one Memcached."""
    with tenant_context(fleet):
        _redis()
        _memcached()
    return fleet


def _redis() -> None:
    halves = (SlotRange(first=0, last=8191), SlotRange(first=8192, last=16383))
    link = ReplicaLink(address="192.0.2.1:3", state="online", offset=90, lag_seconds=1)
    more = {"keys": 1200, "memory_bytes": 1 << 20, "memory_limit_bytes": 1 << 26, "replication_offset": 100}
    info = RedisInfo(version="7.0", role="master", replicas=(link,), **more)
    first, dead, third = (server("redis", f"redis-{number}", number) for number in (1, 2, 3))
    reading(first, "redis", RedisFacts(info=info, node_id="a", slots=halves[:1]))
    gone = {"good_at": timezone.now() - timedelta(minutes=5), "cause": "Nothing listens there (connection refused)."}
    reading(dead, "redis", RedisFacts(info=info, node_id="b", slots=halves[1:]), State.UNREACHABLE, **gone)
    follows = RedisInfo(version="7.0", role="replica", master_address="192.0.2.1:1")
    reading(third, "redis", RedisFacts(info=follows, node_id="c"))
    _contents(first)
    _samples(first)


def _contents(first: Server) -> None:
    reading(
        first,
        "redis-keys",
        FamilyKeysFacts(
            families=(FamilyKeys(family="vm", keys=4321, bytes=1 << 20),),
            sampled=20_000,
            total=50_000,
            measured=500,
            big=(KeyFact(key="vm:{acme}:largest", bytes=70_000), KeyFact(key="session:{acme}:1234••••", bytes=300)),
            slot_parts=(5,) * 127 + (400,),
            full_slots=(SlotFact(slot=77, keys=321, tag="acme"),),
        ),
    )
    get = CommandStat(name="get", calls_total=1000, microseconds_total=5000, p99=9.0)
    slow = LatencyEvent(name="fork", at=1, last_ms=12, longest_ms=34)
    reading(first, "redis-commands", RedisCommandsFacts(ping_ms=0.2, commands=(get,), events=(slow,)))
    began = window_at(timezone.now().timestamp()) * WINDOW_SECONDS
    reads = (
        TenantReads(tenant="acme", family="vm", reads=3000, near=1500, loads=300),
        TenantReads(tenant="acme", family="qr", reads=1000),
        TenantReads(tenant="*", family="vm", reads=9000),
    )
    windows = (WindowFact(began=began - WINDOW_SECONDS, tenants=reads, keys=(HotKey(key="vm:{acme}:hot", reads=900),)),)
    reading(first, "cache-readers", ReadersFacts(windows=windows))


def _samples(first: Server) -> None:
    now = timezone.now()
    for number in range(10):
        at = now - timedelta(seconds=60 - 5 * number)
        values = {"vm:hits_total": 100.0 + 30 * number, "vm:misses_total": 10.0 + 10 * number}
        values["vm:near_total"] = 15.0 * number
        more = {"vm:loads_total": 10.0 * number, "vm:invalidations_total": 5.0 * number}
        Sample.objects.create(server=first, probe="families", at=at, values={**values, **more})
        tenants = {"acme:reads_total": 50.0 * number, "acme:loads_total": 5.0 * number}
        Sample.objects.create(server=first, probe="cache-readers", at=at, values=tenants)
        counts = {"hits_total": 40.0 * number, "misses_total": 10.0 * number, "commands_total": 60.0 * number}
        Sample.objects.create(server=first, probe="redis", at=at, values={**counts, "memory_bytes": 1e6})


def _memcached() -> None:
    slab = SlabClass(number=5, chunk_bytes=240, pages=1, chunks_used=100, chunks_free=4000, requested_bytes=18_000)
    stats = MemcachedStats(version="1.6.18", items=77, bytes=1024, limit_bytes=1 << 26)
    one = server("memcached", "memcached-1", 3)
    reading(one, "memcached", MemcachedFacts(stats=stats, slabs=(slab,), ping_ms=0.3))
