"""What both backends share: addresses, times, values as bytes, and a generation for `clear`."""

import math
import pickle
import time
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.exceptions import ImproperlyConfigured

from caching.library.exceptions import Unavailable

LONGEST_KEY = 220  # with the generation less than Memcached's 250
Address = tuple[str, int]
Version = int | None
Timeout = Any  # seconds, None for ever, or Django's mark for the default


class StoreCache(BaseCache):
    """Numbers are kept as text, so that they can be counted up where they lie; all else is pickled."""

    pickle_protocol = pickle.HIGHEST_PROTOCOL

    def __init__(self, location: str | Sequence[str], params: dict[str, Any]) -> None:
        super().__init__(params)
        self.options: dict[str, Any] = params.get("OPTIONS") or {}
        self.addresses = addresses(location)
        self._generation = (float("-inf"), 0)

    def get(self, key: str, default: Any = None, version: Version = None) -> Any:
        return self.get_many([key], version).get(key, default)

    def has_key(self, key: str, version: Version = None) -> bool:
        return bool(self.get_many([key], version))

    def set_many(
        self, data: Mapping[str, Any], timeout: Timeout = DEFAULT_TIMEOUT, version: Version = None
    ) -> list[str]:
        return [key for key, value in data.items() if not self.keep(key, value, timeout, version)]

    def set(self, key: str, value: Any, timeout: Timeout = DEFAULT_TIMEOUT, version: Version = None) -> None:
        self.keep(key, value, timeout, version)

    def delete_many(self, keys: Iterable[str], version: Version = None) -> None:
        for key in keys:
            self.delete(key, version)

    def decr(self, key: str, delta: int = 1, version: Version = None) -> int:
        return self.incr(key, -delta, version)

    def keep(self, key: str, value: Any, timeout: Timeout, version: Version) -> bool:
        """False when it could not be kept."""
        raise NotImplementedError

    def read_generation(self) -> int:
        """Part of every key; `Unavailable` when nobody can say."""
        raise NotImplementedError

    def full_key(self, key: str, version: Version = None) -> str:
        """What Django makes of the key, checked, with the generation that `clear` raises before it."""
        made = self.make_and_validate_key(key, version=version)
        if len(made) > LONGEST_KEY:
            made = f"#{blake2b(made.encode()).hexdigest()}"
        return f"dj:{self.generation()}:{made}"

    def generation(self) -> int:
        """As known for at most a second: other processes see a `clear` that much later."""
        asked_at, number = self._generation
        now = time.monotonic()
        if now - asked_at > 1.0:
            number = self.read_generation()
            self._generation = (now, number)
        return number

    @property
    def generation_key(self) -> str:
        return f"dj-generation:{self.key_prefix}"

    def seconds(self, timeout: Timeout) -> int | None:
        """None for ever, 0 for not at all."""
        wanted = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return None if wanted is None else max(0, math.ceil(wanted))

    def dumped(self, value: Any) -> bytes:
        return str(value).encode() if type(value) is int else pickle.dumps(value, self.pickle_protocol)

    def loaded(self, data: bytes) -> Any:
        try:
            return int(data)
        except ValueError:
            return pickle.loads(data)  # noqa: S301 (as Django's own caches do; whoever may write there is trusted)

    def many(self, data: Mapping[str, bytes | None], names: Mapping[str, str]) -> dict[str, Any]:
        """By the names that the application gave."""
        return {names[full]: self.loaded(one) for full, one in data.items() if one is not None}


def addresses(location: str | Sequence[str]) -> list[Address]:
    """`host:port`, several divided by commas, semicolons or spaces, or a list of them."""
    words = location.replace(",", " ").replace(";", " ").split() if isinstance(location, str) else list(location)
    found = []
    for word in words:
        host, _, port = word.rpartition(":")
        if not host or not port.isdigit():
            raise ImproperlyConfigured(f"{word!r} in LOCATION is not host:port.")
        found.append((host.strip("[]"), int(port)))
    if not found:
        raise ImproperlyConfigured("LOCATION names no server.")
    return found


__all__ = ["DEFAULT_TIMEOUT", "StoreCache", "Timeout", "Unavailable", "Version"]
