"""Redis Cluster as a store of bytes, by `redis.asyncio`. What waits for a replica is rare, and done by a thread."""

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException, RedisError, TryAgainError
from redis.exceptions import TimeoutError as Late

from caching.library.aio.tls import secure
from caching.library.breaker import Breaker
from caching.library.cluster.connection import TIMEOUT
from caching.library.exceptions import Unavailable
from caching.library.l1 import GENERATION_SECONDS, L1
from caching.library.scripts import ENSURE, RELEASE
from caching.library.tls import Tls

# RedisClusterException (no node answers) is no RedisError; the last two come where no node serves a slot.
FAILURES = (RedisError, RedisClusterException, OSError, KeyError, IndexError, asyncio.TimeoutError)
AT_ONCE = 64  # commands under way; each needs a connection, and one more than the client allows is an error
LONGEST = TIMEOUT * 4  # a command with its redirects and a look at who has which slot


class AsyncL1:
    """For the tasks of one loop. Every method may raise `Unavailable`; none waits long."""

    def __init__(
        self, nodes: Sequence[tuple[str, int]], username: str = "", password: str = "", tls: Tls | None = None
    ) -> None:
        self.in_threads = L1(nodes, username, password, tls)
        self._breakers: dict[str, Breaker] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._cluster: Any = RedisCluster(
            startup_nodes=[ClusterNode(host, port) for host, port in nodes],
            username=username or None,
            password=password or None,
            socket_timeout=TIMEOUT,
            socket_connect_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 1),
            require_full_coverage=False,
            max_connections=AT_ONCE,
            protocol=2,
            **(tls.for_redis_py() if tls else {}),
        )
        if tls:
            secure(self._cluster)

    async def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """As they are at one moment; where the slot is on the move, the first before the others."""
        try:
            found: list[bytes | None] = await self._ask(keys[0], "MGET", *keys)
        except Unavailable as problem:
            if not isinstance(problem.__cause__, TryAgainError):
                raise
            found = [await self._ask(key, "GET", key) for key in keys]
        return found

    async def set(self, key: str, value: bytes, seconds: int) -> bool:
        return await self._ask(key, "SET", key, value, "EX", seconds) is not None

    async def delete(self, key: str) -> None:
        await self._ask(key, "UNLINK", key)

    async def lease(self, key: str, token: str, milliseconds: int) -> bool:
        """Take the lease unless somebody has it."""
        return await self._ask(key, "SET", key, token, "NX", "PX", milliseconds) is not None

    async def release(self, key: str, token: str) -> None:
        await self._ask(key, "EVAL", RELEASE, 1, key, token)

    async def ensure(self, keys: Sequence[str], lasting: bool) -> list[int]:
        """The numbers under the keys; one that is missing begins at the present microsecond."""
        seconds = 0 if lasting else GENERATION_SECONDS
        return [int(one) for one in await self._ask(keys[0], "EVAL", ENSURE, len(keys), *keys, seconds)]

    async def raise_numbers(self, keys: Sequence[str]) -> None:
        await asyncio.to_thread(self.in_threads.raise_numbers, keys)

    async def raise_number_once(self, key: str, whose: str) -> int:
        return await asyncio.to_thread(self.in_threads.raise_number_once, key, whose)

    async def add_point(self, key: str, score: float, member: bytes, since: float, seconds: int) -> None:
        """Into a sorted set, from which points before `since` are dropped."""
        await self._ask(key, "ZADD", key, score, member)
        await self._ask(key, "ZREMRANGEBYSCORE", key, 0, since)
        await self._ask(key, "EXPIRE", key, seconds)

    async def points(self, key: str, since: float) -> list[bytes]:
        return list(await self._ask(key, "ZRANGEBYSCORE", key, since, "+inf"))

    async def close(self) -> None:
        self.in_threads.close()
        await self._cluster.aclose()

    async def _ask(self, key: str, *words: str | bytes | int | float) -> Any:
        async with self._turns:
            return await self._answer(key, words)

    async def _answer(self, key: str, words: tuple[str | bytes | int | float, ...]) -> Any:
        breaker, name = self._breakers.setdefault("", Breaker()), "the cluster"
        try:
            if not self._cluster.nodes_manager.slots_cache:
                _refuse(breaker, name)
                await asyncio.wait_for(self._cluster.initialize(), LONGEST)
            name = self._cluster.get_node_from_key(key).name
            breaker = self._breakers.setdefault(name, Breaker())
            _refuse(breaker, name)
            answer = await asyncio.wait_for(self._cluster.execute_command(*words), LONGEST)
        except FAILURES as error:
            if not isinstance(error, TryAgainError):
                breaker.failed(isinstance(error, Late | TimeoutError))
            raise Unavailable(f"{name}: {error}") from error
        breaker.succeeded()
        return answer


def _refuse(breaker: Breaker, name: str) -> None:
    if not breaker.closed:
        raise Unavailable(f"{name} failed a moment ago.")
