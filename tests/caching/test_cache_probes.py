"""Recorded replies of Redis, Memcached and NATS become typed values."""

from typing import Any

from redis._parsers import helpers

from caching import family_traffic
from caching.clients.memcached import parse_dump, parse_slabs, parse_stats
from caching.clients.nats import parse_server
from caching.clients.redis_parsing import parse_info, parse_nodes
from caching.clients.redis_replies import SLOTS
from tests.replies import said, text


def _info(said: str) -> dict[str, Any]:
    """INFO as the client library hands it on."""
    return helpers.parse_info(said)  # type: ignore[no-untyped-call, no-any-return]


def test_redis_info_of_master_and_replica() -> None:
    master, replica = (parse_info(_info(text(f"redis-7.0.15/info-{who}.txt"))) for who in ("master", "replica"))
    assert (master.role, replica.role, master.policy) == ("master", "replica", "allkeys-lru")
    assert master.replicas[0].address == "127.0.0.1:17304" and master.replicas[0].state == "online"
    assert replica.master_address == "127.0.0.1:17301" and replica.master_link_up
    assert 0 < master.memory_used < 1


def test_cluster_nodes_cover_all_slots() -> None:
    nodes = parse_nodes(text("redis-7.0.15/cluster-nodes.txt"))
    assert sum(part.count for node in nodes for part in node.slots) == SLOTS
    assert sorted(node.leads for node in nodes) == [False] * 3 + [True] * 3


def test_a_slot_on_the_move_and_a_failed_node() -> None:
    line = "aaa 127.0.0.1:7001@17001,host master,fail? - 0 1 1 connected 5 7-9 [7->-bbb]"
    (node,) = parse_nodes(line)
    assert (node.failed, [part.count for part in node.slots]) == (True, [1, 3])


def test_memcached_stats() -> None:
    pairs = {
        words[1]: words[2]
        for line in text("memcached-1.6.18/stats.txt").splitlines()
        if len(words := line.split()) == 3
    }
    stats = parse_stats(pairs)
    assert (stats.version, stats.limit_bytes) == ("1.6.18", 64 * 1024 * 1024)
    assert stats.hits_total + stats.misses_total == stats.gets_total > 0


def test_memcached_items_by_family() -> None:
    counted = parse_dump(text("memcached-1.6.18/metadump.txt").encode())
    assert counted.total() == 40 and set(counted) <= {"agg", "api", "qr"}


def test_memcached_slabs() -> None:
    lines = (line.split() for line in text("memcached-1.6.18/stats-slabs.txt").splitlines())
    slabs = parse_slabs({words[1]: words[2] for words in lines if len(words) == 3})
    assert slabs and all(slab.chunk_bytes > 0 for slab in slabs)


def test_nats_without_streams() -> None:
    server = parse_server(said("nats-2.9.10/varz"), said("nats-2.9.10/jsz"))
    assert (server.version, server.jetstream, server.streams) == ("2.9.10", True, ())


def test_families_leave_out_what_is_not_theirs() -> None:
    facts = family_traffic.parse({"vm:hits": 3, "vm:misses": 1, "nonsense": 7, "qr:jumps": 1})
    (vm,) = facts.families
    assert (vm.family, vm.tier, vm.hits_total, vm.misses_total) == ("vm", "L1", 3, 1)
