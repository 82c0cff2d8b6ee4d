"""Memcached as a store of bytes, consistently hashed over its servers."""

import os
from bisect import bisect
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import TypeVar

from pymemcache.client.base import PooledClient
from pymemcache.exceptions import MemcacheClientError, MemcacheError, MemcacheServerError

from caching.library.breaker import Breaker
from caching.library.exceptions import Unavailable

TIMEOUT = 0.25  # seconds, for connecting and for each answer
POINTS = 128  # of each server on the ring: shares differ by about a tenth
Result = TypeVar("Result")


class L2:
    """A server that fails is left alone for a moment, and its keys belong to the next on the ring: what comes back with
    it may be old, which the generation in each key makes harmless. Every method may raise `Unavailable`."""

    def __init__(self, servers: Sequence[tuple[str, int]], left_out: Callable[[], frozenset[str]] = frozenset) -> None:
        """`left_out` names the addresses that are not used for now, quickly: it is asked at each use."""
        self._left_out = left_out
        self._servers = [_Server(host, port) for host, port in servers]
        ring = {_hash(f"{server.name}-{point}"): server for server in self._servers for point in range(POINTS)}
        self._hashes = sorted(ring)
        self._ring = [ring[at] for at in self._hashes]

    def get(self, key: str) -> bytes | None:
        found: bytes | None = self._server(key).ask(lambda client: client.get(key))
        return found

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """What is there; keys of servers that do not answer are missing."""
        parts: dict[_Server, list[str]] = {}
        for key in keys:
            parts.setdefault(self._server(key), []).append(key)
        found: dict[str, bytes] = {}
        for server, part in parts.items():
            try:
                found |= server.ask(lambda client, part=part: client.get_many(part))  # type: ignore[misc]
            except Unavailable:
                continue
        return found

    def set(self, key: str, value: bytes, seconds: int) -> bool:
        return bool(self._server(key).ask(lambda client: client.set(key, value, expire=seconds, noreply=False)))

    def add(self, key: str, value: bytes, seconds: int) -> bool:
        """Unless there is one."""
        return bool(self._server(key).ask(lambda client: client.add(key, value, expire=seconds, noreply=False)))

    def touch(self, key: str, seconds: int) -> bool:
        return bool(self._server(key).ask(lambda client: client.touch(key, expire=seconds, noreply=False)))

    def count_up(self, key: str, by: int) -> int | None:
        """The new number; None when there is none. Never below 0."""
        server = self._server(key)
        counted: int | None = server.ask(
            lambda client: client.incr(key, by, noreply=False) if by >= 0 else client.decr(key, -by, noreply=False)
        )
        return counted

    def delete(self, key: str) -> bool:
        return bool(self._server(key).ask(lambda client: client.delete(key, noreply=False)))

    def close(self) -> None:
        for server in self._servers:
            server.close()

    def _server(self, key: str) -> "_Server":
        """The next on the ring that may be asked."""
        start = bisect(self._hashes, _hash(key))
        seen, left_out = set[str](), self._left_out()
        for place in range(start, start + len(self._ring)):
            server = self._ring[place % len(self._ring)]
            if server.name not in seen:
                seen.add(server.name)
                if server.name not in left_out and server.breaker.closed:
                    return server
                if len(seen) == len(self._servers):
                    break
        raise Unavailable("No Memcached server answers." if self._servers else "There is no Memcached.")


class _Server:
    def __init__(self, host: str, port: int) -> None:
        self.name, self.breaker, self._pid = f"{host}:{port}", Breaker(), os.getpid()
        self._address = (host, port)
        self._client = self._connected()

    def ask(self, command: Callable[[PooledClient], Result]) -> Result:
        if self._pid != os.getpid():  # forked: the connections are its parent's
            self._pid, self._client = os.getpid(), self._connected()
        try:
            answer = command(self._client)
        except (MemcacheServerError, MemcacheClientError) as error:  # it answered: too large, not a number
            raise Unavailable(f"{self.name}: {error}") from error
        except (MemcacheError, OSError) as error:
            self.breaker.failed(isinstance(error, TimeoutError))
            raise Unavailable(f"{self.name}: {error}") from error
        self.breaker.succeeded()
        return answer

    def close(self) -> None:
        self._client.close()

    def _connected(self) -> PooledClient:
        return PooledClient(self._address, connect_timeout=TIMEOUT, timeout=TIMEOUT, no_delay=True, max_pool_size=64)


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
