"""Memcached, consistently hashed, as a Django cache."""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

from django.core.cache.backends.base import InvalidCacheKey, memcache_key_warnings
from pymemcache.exceptions import MemcacheClientError

from caching.library.django_backends.base import DEFAULT_TIMEOUT, StoreCache, Timeout, Unavailable, Version
from caching.library.l2 import L2

MONTH = 30 * 24 * 3600  # longer times are read as points in time


class MemcachedCache(StoreCache):
    """A number that is counted below 0 becomes 0: so Memcached counts."""

    def __init__(self, location: str | Sequence[str], params: dict[str, Any]) -> None:
        super().__init__(location, params)
        self._l2 = _shared(tuple(self.addresses))

    def validate_key(self, key: str) -> None:
        for warning in memcache_key_warnings(key):
            raise InvalidCacheKey(warning)

    def read_generation(self) -> int:
        """In Memcached too; if it is lost, everything is."""
        found = self._l2.get(self.generation_key)
        if found is None:
            self._l2.add(self.generation_key, str(time.time_ns() // 1000).encode(), 0)
            found = self._l2.get(self.generation_key)
        if found is None:
            raise Unavailable("Memcached did not keep the number of this cache.")
        return int(found)

    def get_many(self, keys: Iterable[str], version: Version = None) -> dict[str, Any]:
        try:
            names = {self.full_key(key, version): key for key in keys}
            return self.many(self._l2.get_many(list(names)), names)
        except Unavailable:
            return {}

    def add(self, key: str, value: Any, timeout: Timeout = DEFAULT_TIMEOUT, version: Version = None) -> bool:
        data = self.dumped(value)
        try:
            return self._l2.add(self.full_key(key, version), data, self.expiry(timeout))
        except Unavailable:
            return False

    def keep(self, key: str, value: Any, timeout: Timeout, version: Version) -> bool:
        data = self.dumped(value)
        try:
            return self._l2.set(self.full_key(key, version), data, self.expiry(timeout))
        except Unavailable:
            return False

    def touch(self, key: str, timeout: Timeout = DEFAULT_TIMEOUT, version: Version = None) -> bool:
        try:
            return self._l2.touch(self.full_key(key, version), self.expiry(timeout))
        except Unavailable:
            return False

    def delete(self, key: str, version: Version = None) -> bool:
        try:
            return self._l2.delete(self.full_key(key, version))
        except Unavailable:
            return False

    def incr(self, key: str, delta: int = 1, version: Version = None) -> int:
        """ValueError, as Django promises, for what is not there or cannot be reached, and for what is no number."""
        found = None
        try:
            found = self._l2.count_up(self.full_key(key, version), delta)
        except Unavailable as problem:
            if isinstance(problem.__cause__, MemcacheClientError):
                raise ValueError(f"The value of {key!r} is not a whole number.") from problem
        if found is None:
            raise ValueError(f"Key {key!r} not found")
        return found

    def clear(self) -> None:
        """In one step, however many keys there are: their memory comes back as they expire or are evicted. Other
        processes know it a second later."""
        with suppress(Unavailable):
            self._l2.set(self.generation_key, str(time.time_ns() // 1000).encode(), 0)
        self._generation = (float("-inf"), 0)

    def close(self, **kwargs: Any) -> None:
        """Django says this after each request; the connections are kept for the next."""

    def expiry(self, timeout: Timeout) -> int:
        """As Memcached reads it: 0 for ever, negative for not at all, and from a month on a point in time."""
        seconds = self.seconds(timeout)
        if seconds is None:
            return 0
        return -1 if seconds == 0 else seconds if seconds <= MONTH else int(time.time()) + seconds


_lock = Lock()
_stores: dict[tuple[tuple[str, int], ...], L2] = {}


def _shared(servers: tuple[tuple[str, int], ...]) -> L2:
    with _lock:
        return _stores.setdefault(servers, _stores.get(servers) or L2(servers))
