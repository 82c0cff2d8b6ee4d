"""Recorded replies of Redis, Memcached and NATS become typed values."""

from collections import Counter
from typing import Any

from redis._parsers import helpers

from caching import family_traffic
from caching.clients.memcached import parse_items, parse_slabs, parse_stats
from caching.clients.memcached_replies import MemcachedStats
from caching.clients.nats import parse_server
from caching.clients.redis_parsing import parse_commands, parse_events, parse_info, parse_nodes
from caching.clients.redis_replies import SLOTS
from caching.facts import MemcachedFacts
from caching.key_probes import named
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
    items = parse_items(text("memcached-1.6.18/metadump.txt").encode())
    counted = named(Counter(item.key.decode().split(":", 1)[0] for item in items))
    assert counted.total() == 40 and set(counted) <= {"agg", "api", "qr"}


def test_memcached_slabs_with_what_their_items_leave_unused() -> None:
    said = dict(line.split()[1:3] for line in text("memcached-1.6.18/slabs-and-items.txt").splitlines())
    items = {name: value for name, value in said.items() if name.startswith("items:")}
    slabs = parse_slabs({name: value for name, value in said.items() if name not in items}, items)
    used = [slab for slab in slabs if slab.chunks_used]
    assert used and all(slab.chunk_bytes > 0 for slab in slabs)
    assert all(0 <= (slab.waste or 0) < 1 and slab.wasted_bytes is not None for slab in used)
    facts = MemcachedFacts(stats=MemcachedStats(version="1.6.18"), slabs=slabs)
    assert facts.held_bytes - sum(slab.requested_bytes or 0 for slab in used) == facts.wasted_bytes


def test_memcached_that_does_not_say_what_items_take() -> None:
    (slab,) = parse_slabs({"2:chunk_size": "120", "2:used_chunks": "4", "active_slabs": "1"}, {})
    assert (slab.used_bytes, slab.wasted_bytes, slab.waste) == (480, None, None)


def test_commands_with_their_percentiles() -> None:
    commands = parse_commands(_info(text("redis-7.0.15/info-commands.txt")))
    by_name = {one.name: one for one in commands}
    assert (by_name["get"].calls_total, by_name["get"].p99) == (249, 8.031)
    assert round(by_name["get"].mean, 2) == 3.28
    assert by_name["cluster nodes"].calls_total == 34 and by_name["ping"].rejected_total == 1
    assert [one.microseconds_total for one in commands] == sorted(
        (one.microseconds_total for one in commands), reverse=True
    )


def test_commands_of_a_server_without_percentiles() -> None:
    (one,) = parse_commands({"cmdstat_get": {"calls": 2, "usec": 9}})
    assert (one.mean, one.p99, one.failed_total) == (4.5, None, 0)


def test_slow_moments_of_later_versions_too() -> None:
    (seven,) = parse_events([[b"command", 1795553182, 2, 5]])
    (eight,) = parse_events([[b"fork", 1795553182, 2, 5, 7, 1]])
    assert (seven.name, seven.last_ms, seven.longest_ms, eight.name) == ("command", 2, 5, "fork")


def test_nats_without_streams() -> None:
    server = parse_server(said("nats-2.9.10/varz"), said("nats-2.9.10/jsz"))
    assert (server.version, server.jetstream, server.streams) == ("2.9.10", True, ())


def test_families_leave_out_what_is_not_theirs() -> None:
    facts = family_traffic.parse({"vm:hits": 3, "vm:misses": 1, "nonsense": 7, "qr:jumps": 1})
    (vm,) = facts.families
    assert (vm.family, vm.tier, vm.hits_total, vm.misses_total) == ("vm", "L1", 3, 1)
