"""Dead servers: each becomes a state with a cause, its page answers, good values stay; then all is well again.

A leader is killed in test_coherence."""

from collections.abc import Callable

import psycopg

from novaops.sandbox.control import Client
from tests.e2e.console import Console
from tests.waiting import wait_for

Connect = Callable[[str], psycopg.Connection[tuple[object, ...]]]
# Not the change stream, which is told apart by its slot.
FOLLOWERS = """
    SELECT application_name
    FROM pg_stat_replication JOIN pg_replication_slots ON active_pid = pid
    WHERE sync_state = 'async' AND slot_type = 'physical'
"""


def follower(connect: Connect, shard: str) -> str:
    """An asynchronous replica, whose loss hurts nobody."""
    with connect(shard) as connection:
        found = wait_for(lambda: connection.execute(FOLLOWERS).fetchall(), f"an asynchronous replica of {shard}", 120)
    return str(found[0][0])


def shown_as(console: Console, kind: str, name: str, state: str) -> bool:
    return str(console.servers()[kind, name]["state"]) == state


def gone(console: Console) -> set[tuple[str, str]]:
    return {key for key, server in console.servers().items() if server["state"] == "unreachable"}


def test_a_dead_server_of_each_kind(restored: Client, console: Console, shard_leader: Connect) -> None:
    replica = follower(shard_leader, "shard-2")
    dead = {
        ("postgres", replica): replica,
        ("patroni", replica): replica,
        ("pgbouncer", "shard-2-pool"): "shard-2-pool",
        ("redis", "redis-6"): "redis-6",
        ("memcached", "memcached-2"): "memcached-2",
        ("nats", "nats-1"): "nats-1",
    }
    for process in sorted(set(dead.values())):
        restored.stop(process)
    wait_for(lambda: dead.keys() <= gone(console), f"{', '.join(sorted(set(dead.values())))} unreachable", 90)
    for kind, name in dead:
        readings = [one for one in console.servers()[kind, name]["readings"] if one["state"] == "unreachable"]
        assert readings and all(one["cause"] for one in readings), f"{kind} {name} is unreachable without a cause"
        assert readings[0]["good_at"] is not None, "the last good answer is forgotten"
        page = console.session.get(f"{console.address}{console.path(f'servers/{kind}/{name}/')}", timeout=30)
        assert page.status_code == 200 and name in page.text
    sentences = " ".join(finding["sentence"] for finding in console.get("findings")["findings"])
    assert all(name in sentences for _, name in dead)
    for process in sorted(set(dead.values())):
        restored.start(process)
    wait_for(lambda: console.unwell() == {}, "every server healthy again", 180)


def test_an_etcd_that_is_held_is_unreachable_and_comes_back(restored: Client, console: Console) -> None:
    restored.pause("etcd-1")
    wait_for(lambda: shown_as(console, "etcd", "etcd-1", "unreachable"), "etcd unreachable", 60)
    page = console.session.get(f"{console.address}{console.path()}", timeout=30)
    assert page.status_code == 200
    restored.resume("etcd-1")
    wait_for(lambda: console.unwell() == {}, "every server healthy again", 240)


def test_pages_answer_while_the_caches_and_a_pool_are_down(restored: Client, console: Console) -> None:
    for name in ("redis-1", "memcached-1", "shard-1-pool"):
        restored.stop(name)
    for path in ("", "shards/", "tenants/", "replication/", "caches/", "partitions/", "operations/", "changes/"):
        answer = console.session.get(f"{console.address}{console.path(path)}", timeout=30)
        assert answer.status_code == 200, path
