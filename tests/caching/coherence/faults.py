"""What is done to the servers. Each fault ends by itself: killed processes are started again by the sandbox."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from novaops.sandbox.control import Client
from tests.caching.coherence.places import Places

REDIS, MEMCACHED, READER, INVALIDATOR, NATS, LEADER = "redis", "memcached", "reader", "invalidator", "nats", "leader"
EVERY = (READER, REDIS, INVALIDATOR, MEMCACHED, NATS, LEADER)


def fault(name: str, sandbox: Client, places: Places) -> Callable[[], object]:
    """One of the names above, as something to do at its time."""
    return {
        REDIS: lambda: sandbox.kill(redis_master(places)),
        MEMCACHED: lambda: sandbox.kill(str(places.described["memcached"][0]["name"])),
        READER: lambda: sandbox.kill("reader"),
        INVALIDATOR: lambda: sandbox.kill("invalidator"),
        NATS: lambda: sandbox.kill(str(places.described["nats"][0]["name"])),
        LEADER: lambda: sandbox.kill(leader(places), tree=True),
    }[name]


def leader(places: Places) -> str:
    """The member that accepts writes now."""
    with places.leader() as connection:
        row = connection.execute("SELECT inet_server_port()").fetchone()
    assert row is not None
    return member_at(places, row[0])


def member_at(places: Places, port: int) -> str:
    return next(str(one["name"]) for one in places.shard["members"] if one["postgres"].endswith(f":{port}"))


def redis_master(places: Places) -> str:
    """The first node that leads."""
    found = next(_redis(places, "master"), None)
    assert found is not None, "no Redis node leads"
    return found


def redis_replicas(places: Places) -> list[str]:
    """The nodes that follow."""
    return list(_redis(places, "slave"))


def _redis(places: Places, role: str) -> Iterator[str]:
    for node in places.described["redis"]:
        port = node["address"].rpartition(":")[2]
        words = ["redis-cli", "-p", port, "-a", places.login("redis")["password"], "--no-auth-warning", "role"]
        said = subprocess.run(words, capture_output=True, text=True, check=False)
        if said.stdout.startswith(role):
            yield str(node["name"])


@contextmanager
def stopped(sandbox: Client, names: list[str]) -> Iterator[None]:
    """All of them, until the end."""
    for name in names:
        sandbox.stop(name)
    try:
        yield
    finally:
        for name in names:
            sandbox.start(name)
