"""Recorded replies of Redis, Memcached and NATS become typed values."""

from collections import Counter
from typing import Any

import pytest
from redis._parsers import helpers

from caching import family_traffic
from caching.clients.memcached import parse_items, parse_slabs, parse_stats
from caching.clients.memcached_replies import MemcachedStats
from caching.clients.nats import parse_server
from caching.clients.redis_parsing import parse_commands, parse_events, parse_info, parse_nodes
from caching.clients.redis_replies import SLOTS
from caching.facts import MemcachedFacts
from caching.key_probes import named
from caching.library.cluster.client import Cluster
from tests.replies import said, text

REDIS = ("redis-7.0.15", "redis-8.0.2", "valkey-8.1.1")


def _info(said: str) -> dict[str, Any]:
    """INFO as the client library hands it on."""
    return helpers.parse_info(said)  # type: ignore[no-untyped-call, no-any-return]


@pytest.mark.parametrize("server", REDIS)
def test_redis_info_of_master_and_replica(server: str) -> None:
    master, replica = (parse_info(_info(text(f"{server}/info-{who}.txt"))) for who in ("master", "replica"))
    assert master.version.lower().replace(" ", "-").removeprefix("redis-") in server
    assert (master.role, replica.role, master.policy[:8]) == ("master", "replica", "allkeys-")
    assert master.evicts_by_use is not server.startswith("redis-7")
    assert replica.master_link_up and master.replicas[0].state == "online" and master.keys == replica.keys > 0
    assert 0 < master.memory_used < 1 and master.hits_total and master.commands_total and master.bytes_out_total


@pytest.mark.parametrize("server", REDIS)
def test_cluster_nodes_cover_all_slots(server: str) -> None:
    nodes = parse_nodes(text(f"{server}/cluster-nodes.txt"))
    assert sum(part.count for node in nodes for part in node.slots) == SLOTS
    assert sum(node.leads for node in nodes) == 3 and all(node.connected and not node.failed for node in nodes)


@pytest.mark.parametrize("server", REDIS[1:])
def test_commands_of_later_servers(server: str) -> None:
    by_name = {one.name: one for one in parse_commands(_info(text(f"{server}/info-commands.txt")))}
    assert by_name["set"].calls_total > 10 and by_name["set"].p99 and by_name["config set"].calls_total == 1
    assert by_name["get"].rejected_total + by_name["get"].failed_total == 1  # it was asked for another's key
    assert parse_events(said(f"{server}/latency-latest")) == ()


@pytest.mark.parametrize("server", REDIS[1:])
def test_the_library_reads_who_has_which_slot(server: str) -> None:
    shown = said(f"{server}/cluster-slots")
    as_read = [[first, last, *([one[0].encode(), *one[1:]] for one in nodes)] for first, last, *nodes in shown]
    cluster = Cluster([("127.0.0.1", 1)])
    owners = cluster._owners_in(as_read, cluster._node("127.0.0.1", 1))
    assert None not in owners and len({node.name for node in owners if node}) == 3
    asked = cluster._node("10.0.0.7", 1)
    (owner,) = set(cluster._owners_in([[0, SLOTS - 1, [None, 7001, b"id", []]]], asked))
    assert owner is not None and owner.name == "10.0.0.7:7001"


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
