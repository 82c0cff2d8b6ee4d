"""Redis Cluster as a Django cache."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

from caching.library.cluster.client import Refused, slot_of
from caching.library.cluster.connection import pack
from caching.library.django_backends.base import DEFAULT_TIMEOUT, StoreCache, Timeout, Unavailable, Version
from caching.library.l1 import L1
from caching.library.tls import Tls

# A missing key is no 0 to count from. ARGV: by how much.
COUNT_UP = "if redis.call('EXISTS', KEYS[1]) == 0 then return nil end return redis.call('INCRBY', KEYS[1], ARGV[1])"


class RedisClusterCache(StoreCache):
    """Processes and threads share nothing but the servers; Django makes one of these for each thread, which share the
    connections of their process."""

    def __init__(self, location: str | Sequence[str], params: dict[str, Any]) -> None:
        super().__init__(location, params)
        login = (self.options.get("username", ""), self.options.get("password", ""))
        tls = self.options.get("tls")
        self._l1 = _shared(tuple(self.addresses), *login, Tls(**tls) if tls is not None else None)

    def read_generation(self) -> int:
        return self._l1.ensure((self.generation_key,), lasting=True)[0]

    def get_many(self, keys: Iterable[str], version: Version = None) -> dict[str, Any]:
        try:
            names = {self.full_key(key, version): key for key in keys}
            return self.many(self._l1.get_many(list(names)), names)
        except Unavailable:
            return {}

    def add(self, key: str, value: Any, timeout: Timeout = DEFAULT_TIMEOUT, version: Version = None) -> bool:
        return self.keep(key, value, timeout, version, "NX")

    def keep(self, key: str, value: Any, timeout: Timeout, version: Version, *how: str) -> bool:
        data, seconds = self.dumped(value), self.seconds(timeout)
        self.validate_key(self.make_key(key, version))
        if seconds == 0:
            return self.delete(key, version) if not how else not self.has_key(key, version)
        life = () if seconds is None else ("EX", seconds)
        try:
            return self._ask("SET", self.full_key(key, version), data, *life, *how) is not None
        except Unavailable:
            return False

    def touch(self, key: str, timeout: Timeout = DEFAULT_TIMEOUT, version: Version = None) -> bool:
        seconds = self.seconds(timeout)
        try:
            full = self.full_key(key, version)
            if seconds is None:
                return bool(self._ask("EXISTS", full) and self._ask("PERSIST", full) is not None)
            return bool(self._ask("EXPIRE", full, seconds))
        except Unavailable:
            return False

    def delete(self, key: str, version: Version = None) -> bool:
        try:
            return bool(self._ask("UNLINK", self.full_key(key, version)))
        except Unavailable:
            return False

    def incr(self, key: str, delta: int = 1, version: Version = None) -> int:
        """ValueError, as Django promises, for what is not there or cannot be reached, and for what is no number."""
        found = None
        with suppress(Unavailable):
            full = self.full_key(key, version)
            try:
                found = self._l1.cluster.ask(slot_of(full), pack("EVAL", COUNT_UP, 1, full, delta))
            except Refused as refusal:
                raise ValueError(f"The value of {key!r} is not a whole number.") from refusal
        if found is None:
            raise ValueError(f"Key {key!r} not found")
        return int(found)

    def clear(self) -> None:
        """In one step, however many keys there are: their memory comes back as they expire or are evicted. Other
        processes know it a second later."""
        with suppress(Unavailable):
            self._l1.ensure((self.generation_key,), lasting=True)
            self._ask("INCR", self.generation_key)
        self._generation = (float("-inf"), 0)

    def close(self, **kwargs: Any) -> None:
        """Django says this after each request; the connections are kept for the next."""

    def _ask(self, command: str, key: str, *words: str | bytes | int) -> Any:
        return self._l1.cluster.ask(slot_of(key), pack(command, key, *words))


_lock = Lock()
_stores: dict[tuple[Any, ...], L1] = {}


def _shared(nodes: tuple[tuple[str, int], ...], username: str, password: str, tls: Tls | None) -> L1:
    with _lock:
        how = (nodes, username, password, tls)
        return _stores.setdefault(how, _stores.get(how) or L1(nodes, username, password, tls))
