"""Both tiers as one, for asyncio. Each method promises what its namesake of `caching.library.tiers.Tiers` does."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from caching.library import keys
from caching.library.aio.l1 import AsyncL1
from caching.library.aio.stores import AsyncGenerations, AsyncL2
from caching.library.counters import Counters
from caching.library.entries import MISS, State
from caching.library.envelope import Stamp
from caching.library.exceptions import Unavailable
from caching.library.families import FAMILIES, Family, Tier
from caching.library.flights import AsyncFlights
from caching.library.looks import Found, Look, look, no_shard, shard_for
from caching.library.points import point
from caching.library.read_path import Patience, ReadPath
from caching.library.readers import Readers
from caching.library.steps import Ask, Pause, Step, Steps


async def _no_loader() -> Any:
    raise AssertionError("This path never loads.")


class AsyncTiers:
    """For the tasks of one loop. `shard_of` is called in the loop, so it must not wait."""

    def __init__(
        self,
        l1: AsyncL1,
        l2: AsyncL2,
        shard_of: Callable[[str], str] = no_shard,
        patience: Patience | None = None,
    ) -> None:
        self.generations = AsyncGenerations(l1)
        self.counters = Counters(self._send)
        self.readers = Readers(self._note, self.counters)
        self._l1, self._l2 = l1, l2
        self._stores = {"l1": l1, "l2": l2, "generations": self.generations}
        self._shard_of, self._flights = shard_of, AsyncFlights()
        self._path = ReadPath(self.counters, patience or Patience(), self.readers.loaded)

    async def get(self, name: str, tenant_id: str, key: str) -> Any:
        return (await self.get_many(name, tenant_id, (key,))).get(key, MISS)

    async def get_many(self, name: str, tenant_id: str, names: Collection[str]) -> dict[str, Any]:
        family, wanted = FAMILIES[name], list(dict.fromkeys(names))
        if not wanted:
            return {}
        self.readers.read(name, tenant_id, *wanted)
        found = await self._looked(family, tenant_id, look(family, tenant_id, wanted))
        good = {key: one.opened.value for key, one in zip(wanted, found, strict=True) if one.opened.good}
        left = {key: one.stamp for key, one in zip(wanted, found, strict=True) if key not in good and one.stamp}
        if left and (family.backing or family.tier is Tier.L2):
            good |= await self._drive(self._path.read_l2(family, tenant_id, list(left), list(left.values())))
        return good

    async def set(self, name: str, tenant_id: str, key: str, value: Any) -> None:
        family = FAMILIES[name]
        stamp = await self._stamp(family, tenant_id, key)
        if stamp is not None:
            await self._drive(self._path.keep(family, tenant_id, key, stamp, value))

    async def delete(self, name: str, tenant_id: str, key: str) -> None:
        family = FAMILIES[name]
        stamp = await self._stamp(family, tenant_id, key)
        if stamp is not None:
            await self._drive(self._path.delete(family, tenant_id, key, stamp))

    async def get_or_compute(self, name: str, tenant_id: str, key: str, load: Callable[[], Awaitable[Any]]) -> Any:
        family = FAMILIES[name]
        self.readers.read(name, tenant_id, key)
        [found] = await self._looked(family, tenant_id, look(family, tenant_id, (key,)))
        if found.opened.state is State.FRESH:
            return found.opened.value
        if found.stamp is None:
            self.readers.loaded(name, tenant_id)
            return await load()
        flight = (name, tenant_id, key, found.stamp)
        return await self._flights.join(
            flight, lambda: self._drive(self._path.fill(family, tenant_id, key, found), load)
        )

    async def add_point(self, tenant_id: str, vm_id: str, values: dict[str, float]) -> None:
        added = point(tenant_id, vm_id, values, time.time())
        if await self._quietly(FAMILIES["metric"], self._l1.add_point(*added)):
            self.counters.add("metric", "sets")

    async def points(self, tenant_id: str, vm_id: str) -> list[bytes]:
        family = FAMILIES["metric"]
        self.readers.read(family.name, tenant_id, vm_id)
        try:
            found = await self._l1.points(keys.l1_key(family, tenant_id, vm_id), time.time() - family.ttl)
        except Unavailable:
            self.counters.add(family.name, "errors")
            found = []
        self.counters.add(family.name, "hits" if found else "misses")
        return found

    async def invalidate_vm(self, tenant_id: str, vm_id: str) -> None:
        await self.generations.bump(*keys.of_vm(tenant_id, vm_id))
        self.counters.add("vm", "invalidations")

    async def invalidate_entry(self, name: str, tenant_id: str, key: str) -> None:
        await self.generations.bump(keys.entry_key(FAMILIES[name], tenant_id, key))
        self.counters.add("entry", "invalidations")

    async def invalidate_tenant(self, tenant_id: str) -> None:
        await self.generations.bump(keys.generation_key(tenant_id))
        self.counters.add("tenant", "invalidations")

    async def invalidate_family(self, name: str, whose: str) -> None:
        await self.generations.bump_family(name, whose)
        self.counters.add("family", "invalidations")

    async def invalidate_shard(self, shard: str, whose: str) -> None:
        await self.generations.bump_shard(shard, whose)
        self.counters.add("shard", "invalidations")

    async def forget_vm(self, tenant_id: str, vm_id: str) -> bool:
        return await self._quietly(FAMILIES["vm"], self.invalidate_vm(tenant_id, vm_id))

    async def forget_tenant(self, tenant_id: str) -> bool:
        return await self._quietly(FAMILIES["qr"], self.invalidate_tenant(tenant_id))

    async def close(self) -> None:
        self.readers.flush()
        self.counters.flush()
        await self._l1.close()
        await self._l2.close()

    async def _stamp(self, family: Family, tenant_id: str, key: str) -> Stamp | None:
        return (await self._looked(family, tenant_id, look(family, tenant_id, (key,), numbers_only=True)))[0].stamp

    async def _looked(self, family: Family, tenant_id: str, at: Look) -> list[Found]:
        try:
            shared = await self.generations.shared(shard_for(family, tenant_id, self._shard_of), family.name)
            data = await self._l1.read(at.keys) if at.keys else []
            missing = at.missing(data)
            numbers = at.completed(data, await self._l1.ensure(missing, lasting=False)) if missing else data
        except Unavailable:
            return at.blind(self.counters)
        return at.found(numbers, shared, self.counters)

    async def _drive(self, steps: Steps[Any], load: Callable[[], Awaitable[Any]] = _no_loader) -> Any:
        try:
            step = next(steps)
            while True:
                try:
                    answer = await self._carry_out(step, load)
                except Exception as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            return end.value

    async def _carry_out(self, step: Step, load: Callable[[], Awaitable[Any]]) -> Any:
        if isinstance(step, Ask):
            return await getattr(self._stores[step.store], step.method)(*step.arguments)
        return await asyncio.sleep(step.seconds) if isinstance(step, Pause) else await load()

    async def _quietly(self, family: Family, doing: Awaitable[object]) -> bool:
        try:
            await doing
        except Unavailable:
            self.counters.add(family.name, "errors")
            return False
        return True

    def _send(self, increments: Mapping[str, int]) -> bool:
        """By a thread; what it cannot send is counted again."""

        def send() -> None:
            if not self._l1.in_threads.count(increments):
                self.counters.again(increments)

        try:
            asyncio.get_running_loop().run_in_executor(None, send)
        except RuntimeError:  # no loop runs any more
            return self._l1.in_threads.count(increments)
        return True

    def _note(self, window: int, tenants: Mapping[str, int], names: Mapping[str, int]) -> None:
        """By a thread; what it cannot send is forgotten."""

        def note() -> None:
            with suppress(Unavailable):
                self._l1.in_threads.note(window, tenants, names)

        try:
            asyncio.get_running_loop().run_in_executor(None, note)
        except RuntimeError:  # no loop runs any more
            note()
