"""Redis Cluster as a store of bytes in which a dead node is `Unavailable` at once: nothing waits long."""

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.exceptions import AskError, RedisClusterException, RedisError
from redis.retry import Retry

from caching.library.counters import HASH
from caching.library.exceptions import Unavailable
from caching.library.scripts import ENSURE, RAISE, RAISE_ONCE

TIMEOUT = 0.25  # seconds, for connecting and for each answer
REST = 1.0  # seconds for which a server that failed is not asked
REPLICA_MS = 150  # for a replica to say that it has a raised number
GENERATION_SECONDS = 24 * 3600  # longer than any entry that follows one lives
REMEMBERED_SECONDS = 24 * 3600

# RedisClusterException (no node answers) is no RedisError; the last two come where no node serves a slot.
FAILURES = (RedisError, RedisClusterException, OSError, KeyError, IndexError)


class L1:
    """A node that fails is left alone for a moment, the others serve on. Every method may raise `Unavailable`."""

    def __init__(self, nodes: Sequence[tuple[str, int]], username: str = "", password: str = "") -> None:
        self._nodes, self._username, self._password = tuple(nodes), username, password
        self._cluster: Any = None
        self._rest_until: dict[str, float] = {}
        self._lock = Lock()

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """Several keys of one slot, as they are at one moment."""
        return list(self._ask(keys[0], lambda cluster: cluster.mget(keys)))

    def set(self, key: str, value: bytes, seconds: int) -> None:
        self._ask(key, lambda cluster: cluster.set(key, value, ex=seconds))

    def delete(self, key: str) -> None:
        self._ask(key, lambda cluster: cluster.unlink(key))

    def ensure(self, keys: Sequence[str], lasting: bool) -> list[int]:
        """The numbers under keys of one slot; one that is missing begins at the present microsecond."""
        seconds = 0 if lasting else GENERATION_SECONDS
        return [int(one) for one in self._ask(keys[0], lambda one: one.eval(ENSURE, len(keys), *keys, seconds))]

    def raise_numbers(self, keys: Sequence[str]) -> None:
        """Make numbers of one slot grow, on the primary and on a replica of it."""
        self._durably(keys[0], RAISE, len(keys), *keys, GENERATION_SECONDS)

    def raise_number_once(self, key: str, whose: str) -> int:
        """The same for one, unless the last to raise it in this way was the same `whose`: then it stays."""
        return int(self._durably(key, RAISE_ONCE, 2, key, f"{{{key}}}:by", whose, REMEMBERED_SECONDS))

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

    def _durably(self, key: str, script: str, *words: object) -> Any:
        """A script, and the word of a replica that it has what the script wrote."""

        def run(cluster: Any) -> Any:
            node = cluster.get_node_from_key(key)
            pipe = cluster.get_redis_connection(node).pipeline(transaction=False)
            pipe.eval(script, *words)
            pipe.execute_command("WAIT", 1, REPLICA_MS)
            answer, replicas = pipe.execute()
            if not replicas and _has_replica(cluster, node):
                raise Unavailable(f"No replica of {node.name} confirmed the new number within {REPLICA_MS} ms.")
            return answer

        try:
            return self._ask(key, run)
        except Unavailable as problem:
            if not isinstance(problem.__cause__, AskError):
                raise
            self._cluster.nodes_manager.initialize()  # the slot has moved; the next try goes to its new node
            self._rest_until.clear()
            return self._ask(key, run)

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


def _has_replica(cluster: Any, node: Any) -> bool:
    """As the node knows it now: one that the cluster has given up is not listed."""
    here = (node.host, node.port)
    shown = cluster.get_redis_connection(node).execute_command("CLUSTER", "SLOTS")
    return any(len(part) > 3 for part in shown if (_text(part[2][0]), part[2][1]) == here)


def _text(said: Any) -> str:
    return said.decode() if isinstance(said, bytes) else str(said)
