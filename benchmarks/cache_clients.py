"""How the benchmark of the caches reaches them: through the library, and raw beside it."""

import os
from functools import cache
from pathlib import Path
from typing import Any

from django_redis.cache import RedisCache
from pymemcache.client.hash import HashClient
from redis import Redis
from redis.cluster import ClusterNode, RedisCluster

from caching.library.cluster.client import slot_of
from caching.library.l1 import L1
from caching.library.l2 import L2
from caching.library.near.near import Near
from caching.library.tiers import Tiers
from novaops.inventory.reading import password_of, read

TENANT = "benchmark"
VALUE = {
    "id": "6f8a3c1e-52f0-4c8e-9d5e-0c1b7a2f4e11",
    "name": "web-17.acme.example",
    "state": "running",
    "ip_address": "10.12.7.44",
    "last_state_change": "2026-03-04T05:06:07+00:00",
    "config": {"cpus": 4, "memory_mb": 8192, "disks": ["system", "data"], "boot": "disk"},
    "node": "compute-42",
}


@cache
def addresses() -> tuple[list[tuple[str, int]], str, str, list[tuple[str, int]]]:
    """Redis nodes, user, password, Memcached servers: of the sandbox that runs."""
    state = Path(os.environ["NOVAOPS_STATE"])
    found = read(state / "fleet.yml")
    entry = found.credentials["redis"]
    redis, memcached = ([_address(one.address) for one in part] for part in (found.redis, found.memcached))
    return redis, entry.username, password_of("redis", entry, state), memcached


def tiers(near: bool = False) -> Tiers:
    nodes, username, password, servers = addresses()
    l1 = L1(nodes, username, password)
    return Tiers(l1, L2(servers), near=Near(l1.cluster) if near else None)


def cluster() -> Any:
    nodes, username, password, _ = addresses()
    known = [ClusterNode(host, port) for host, port in nodes]  # type: ignore[no-untyped-call]
    return RedisCluster(startup_nodes=known, username=username, password=password)


def node(key: str) -> Redis:
    """The one that has the key, asked directly."""
    nodes, username, password, _ = addresses()
    owner = L1(nodes, username, password).cluster.owner(slot_of(key))
    return Redis(host=owner.host, port=owner.port, username=username, password=password)


def django_redis(key: str) -> RedisCache:
    """On the node that has the key, with JSON like the library."""
    nodes, username, password, _ = addresses()
    owner = L1(nodes, username, password).cluster.owner(slot_of(key))
    options = {"SERIALIZER": "django_redis.serializers.json.JSONSerializer", "PASSWORD": password}
    return RedisCache(f"redis://{username}@{owner.host}:{owner.port}/0", {"OPTIONS": options})


def memcached() -> HashClient:
    return HashClient(addresses()[3], no_delay=True, use_pooling=True)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)
