"""Dead servers: each becomes a state with a cause, its page answers, good values stay; then all is well again."""

from collections.abc import Callable

import psycopg

from novaops.sandbox.control import Client
from tests.e2e.console import Console
from tests.waiting import wait_for

Connect = Callable[[str], psycopg.Connection[tuple[object, ...]]]


def follower(connect: Connect, shard: str) -> str:
    """An asynchronous replica, whose loss hurts nobody."""
    with connect(shard) as connection:
        row = connection.execute(
            "SELECT application_name FROM pg_stat_replication WHERE sync_state = 'async' LIMIT 1"
        ).fetchone()
    assert row is not None, f"{shard} has no asynchronous replica"
    return str(row[0])


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
        page = console.session.get(f"{console.address}{console.path(f'servers/{kind}/{name}/')}", timeout=10)
        assert page.status_code == 200 and name in page.text
    sentences = " ".join(finding["sentence"] for finding in console.get("findings")["findings"])
    assert all(name in sentences for _, name in dead)
    for process in sorted(set(dead.values())):
        restored.start(process)
    wait_for(lambda: console.unwell() == {}, "every server healthy again", 180)


def test_a_killed_leader_fails_over_and_the_pages_follow(
    restored: Client, console: Console, shard_leader: Connect
) -> None:
    with shard_leader("shard-1") as connection:
        connection.execute("SELECT 1")
        port = connection.execute("SELECT inet_server_port()").fetchone()
    assert port is not None
    servers = console.servers()
    leader = next(
        name
        for (kind, name), server in servers.items()
        if kind == "postgres" and server["address"].endswith(f":{port[0]}")
    )
    restored.kill(leader, tree=True)
    wait_for(lambda: not shown_as(console, "patroni", leader, "ok"), "the killed leader to turn red", 60)

    def another_leads() -> bool:
        with shard_leader("shard-1") as connection:
            row = connection.execute("SELECT inet_server_port()").fetchone()
        return row is not None and row[0] != port[0]

    wait_for(another_leads, "the automatic failover", 120)
    wait_for(lambda: console.unwell() == {}, "every server healthy after the failover", 240)


def test_an_etcd_that_is_held_is_unreachable_and_comes_back(restored: Client, console: Console) -> None:
    restored.pause("etcd-1")
    wait_for(lambda: shown_as(console, "etcd", "etcd-1", "unreachable"), "etcd unreachable", 60)
    page = console.session.get(f"{console.address}{console.path()}", timeout=10)
    assert page.status_code == 200
    restored.resume("etcd-1")
    wait_for(lambda: console.unwell() == {}, "every server healthy again", 240)


def test_pages_answer_while_the_caches_and_a_pool_are_down(restored: Client, console: Console) -> None:
    for name in ("redis-1", "memcached-1", "shard-1-pool"):
        restored.stop(name)
    for path in ("", "shards/", "tenants/", "replication/", "caches/", "partitions/", "operations/", "changes/"):
        answer = console.session.get(f"{console.address}{console.path(path)}", timeout=10)
        assert answer.status_code == 200, path
