"""Memcached as a store of bytes, consistently hashed over its servers."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pymemcache.client.hash import HashClient
from pymemcache.exceptions import MemcacheError

from caching.library.exceptions import Unavailable

TIMEOUT = 0.25  # seconds, for connecting and for each answer
Result = TypeVar("Result")


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
