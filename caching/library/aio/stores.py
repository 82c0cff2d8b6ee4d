"""What the read path asks beside L1: Memcached, by threads, and the generations."""

import asyncio
import time
from collections.abc import Sequence

from caching.library import keys
from caching.library.aio.l1 import AsyncL1
from caching.library.generations import Remembered, shared_keys
from caching.library.l2 import L2


class AsyncL2:
    """pymemcache in threads: there is no client for asyncio that is as well kept."""

    def __init__(self, servers: Sequence[tuple[str, int]]) -> None:
        self.in_threads = L2(servers)

    async def get(self, key: str) -> bytes | None:
        return await asyncio.to_thread(self.in_threads.get, key)

    async def get_many(self, names: Sequence[str]) -> dict[str, bytes]:
        return await asyncio.to_thread(self.in_threads.get_many, names)

    async def set(self, key: str, value: bytes, seconds: int) -> bool:
        return await asyncio.to_thread(self.in_threads.set, key, value, seconds)

    async def delete(self, key: str) -> bool:
        return await asyncio.to_thread(self.in_threads.delete, key)

    async def close(self) -> None:
        self.in_threads.close()


class AsyncGenerations:
    """As `caching.library.generations.Generations`."""

    def __init__(self, l1: AsyncL1) -> None:
        self._l1, self._remembered = l1, Remembered()

    async def shared(self, shard: str, *families: str) -> int:
        return sum([await self._number(key) for key in shared_keys(shard, families)])

    async def bump(self, *generations: str) -> None:
        await self._l1.raise_numbers(generations)

    async def bump_family(self, name: str, whose: str) -> int:
        return await self._once(keys.family_key(name), whose)

    async def bump_shard(self, shard: str, whose: str) -> int:
        return await self._once(keys.shard_key(shard), whose)

    async def _once(self, key: str, whose: str) -> int:
        self._remembered.forget(key)
        return await self._l1.raise_number_once(key, whose)

    async def _number(self, key: str) -> int:
        known = self._remembered.get(key)
        if known is not None:
            return known
        asked_at = time.monotonic()
        [number] = await self._l1.ensure((key,), lasting=True)
        return self._remembered.note(key, number, asked_at)
