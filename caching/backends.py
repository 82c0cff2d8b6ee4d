"""The two tiers as stores of bytes in which a dead server is a miss: nothing here raises, nothing waits long."""

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, TypeVar

from pymemcache.client.hash import HashClient
from pymemcache.exceptions import MemcacheError
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.exceptions import RedisClusterException, RedisError
from redis.retry import Retry

from caching.counters import HASH

TIMEOUT = 0.25  # seconds, for connecting and for each answer
REST = 1.0  # seconds for which a server that failed is not asked

# RedisClusterException (no node answers) is no RedisError; the last two come where no node serves a slot.
FAILURES = (RedisError, RedisClusterException, OSError, KeyError, IndexError)

Result = TypeVar("Result")


class Unavailable(Exception):
    """The tier could not be asked; the caller goes on without it."""


# Both keys lie in one slot: the braces make the first one's name what the second is placed by.
RAISE_ONCE = """
local found = redis.call('GET', KEYS[1])
if found and redis.call('GET', KEYS[2]) == ARGV[2] then return found end
redis.call('SET', KEYS[1], ARGV[1], 'NX')
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
redis.call('INCR', KEYS[1])
return redis.call('GET', KEYS[1])
"""
REMEMBERED_SECONDS = 24 * 3600


class L1:
    """Redis Cluster. A node that fails is left alone for a moment, the others serve on."""

    def __init__(self, nodes: Sequence[tuple[str, int]], username: str = "", password: str = "") -> None:
        self._nodes, self._username, self._password = tuple(nodes), username, password
        self._cluster: Any = None
        self._rest_until: dict[str, float] = {}
        self._lock = Lock()

    def get(self, key: str) -> bytes | None:
        return self._ask(key, lambda cluster: cluster.get(key))  # type: ignore[no-any-return]

    def set(self, key: str, value: bytes, seconds: int) -> None:
        self._ask(key, lambda cluster: cluster.set(key, value, ex=seconds))

    def delete(self, key: str) -> None:
        self._ask(key, lambda cluster: cluster.unlink(key))

    def number(self, key: str, first: int) -> int:
        """The number kept under a key, beginning with `first`."""
        value = self.get(key)
        if value is not None:
            return int(value)
        return int(self._ask(key, lambda cluster: cluster.set(key, first, nx=True, get=True)) or first)

    def raise_number(self, key: str, at_least: int) -> int:
        """Make the number grow, to `at_least` or more."""
        self._ask(key, lambda cluster: cluster.set(key, at_least, nx=True))
        return int(self._ask(key, lambda cluster: cluster.incr(key)))

    def raise_number_once(self, key: str, at_least: int, whose: str) -> int:
        """The same, unless the last to raise it in this way was the same `whose`: then it stays."""
        words = (2, key, f"{{{key}}}:by", at_least, whose, REMEMBERED_SECONDS)
        return int(self._ask(key, lambda cluster: cluster.eval(RAISE_ONCE, *words)))

    def add_point(self, key: str, score: float, member: bytes, since: float, seconds: int) -> None:
        """Into a sorted set, from which points before `since` are dropped."""

        def add(cluster: Any) -> None:
            pipe = cluster.pipeline()
            pipe.zadd(key, {member: score})
            pipe.zremrangebyscore(key, 0, since)
            pipe.expire(key, seconds)
            pipe.execute()

        self._ask(key, add)

    def points(self, key: str, since: float) -> list[bytes]:
        return list(self._ask(key, lambda cluster: cluster.zrangebyscore(key, since, "+inf")))

    def count(self, increments: Mapping[str, int]) -> bool:
        """Add to the counters of all processes; False when they have to be sent again."""

        def add(cluster: Any) -> None:
            pipe = cluster.pipeline()
            for field, number in increments.items():
                pipe.hincrby(HASH, field, number)
            pipe.execute()

        try:
            self._ask(HASH, add)
        except Unavailable:
            return False
        return True

    def close(self) -> None:
        if self._cluster is not None:
            self._cluster.close()

    def _ask(self, key: str, command: Callable[[Any], Any]) -> Any:
        node = ""
        try:
            cluster = self._connected()
            node = cluster.get_node_from_key(key).name
            self._refuse_resting(node)
            return command(cluster)
        except FAILURES as error:
            self._rest_until[node] = time.monotonic() + REST
            raise Unavailable(f"L1 {node}: {error}") from error

    def _refuse_resting(self, node: str) -> None:
        if self._rest_until.get(node, 0.0) > time.monotonic():
            raise Unavailable(f"L1 {node} failed a moment ago.")

    def _connected(self) -> Any:
        with self._lock:
            if self._cluster is None:
                self._refuse_resting("")
                self._cluster = RedisCluster(
                    startup_nodes=[_node(host, port) for host, port in self._nodes],
                    username=self._username or None,
                    password=self._password or None,
                    socket_timeout=TIMEOUT,
                    socket_connect_timeout=TIMEOUT,
                    retry=Retry(NoBackoff(), 1),
                    require_full_coverage=False,
                )
            return self._cluster


def _node(host: str, port: int) -> ClusterNode:
    return ClusterNode(host, port)  # type: ignore[no-untyped-call]


class L2:
    """Memcached behind a consistent hash. A server that fails is left out for a while and its keys are missed."""

    def __init__(self, servers: Sequence[tuple[str, int]]) -> None:
        self._client = HashClient(
            list(servers),
            connect_timeout=TIMEOUT,
            timeout=TIMEOUT,
            no_delay=True,
            use_pooling=True,
            max_pool_size=8,
            retry_attempts=0,
            dead_timeout=5,
            ignore_exc=False,  # errors become Unavailable below, so that they can be counted
        )

    def get(self, key: str) -> bytes | None:
        found: bytes | None = self._ask(lambda: self._client.get(key))
        return found

    def set(self, key: str, value: bytes, seconds: int) -> None:
        self._ask(lambda: self._client.set(key, value, expire=seconds))

    def delete(self, key: str) -> None:
        self._ask(lambda: self._client.delete(key, noreply=False))

    def close(self) -> None:
        self._client.close()

    def _ask(self, command: Callable[[], Result]) -> Result:
        try:
            return command()
        except (MemcacheError, OSError) as error:
            raise Unavailable(f"L2: {error}") from error
