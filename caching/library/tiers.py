"""Both tiers as one, for threads; `caching.library.async_tiers` is the same for asyncio."""

import time
from collections import Counter
from collections.abc import Callable, Collection
from time import monotonic
from typing import Any

from caching.library import keys
from caching.library.counters import Counters
from caching.library.entries import MISS, State
from caching.library.envelope import Stamp
from caching.library.exceptions import NotStorable, Unavailable
from caching.library.families import FAMILIES, Family, Tier
from caching.library.flights import Flights
from caching.library.generations import Generations
from caching.library.l1 import L1
from caching.library.l2 import L2
from caching.library.looks import Found, Look, look, no_shard, shard_for
from caching.library.near.near import Near, keys_above
from caching.library.near.store import Kept, Name
from caching.library.points import point
from caching.library.read_path import Patience, ReadPath
from caching.library.readers import Readers
from caching.library.steps import Ask, Pause, Step, Steps

__all__ = ["MISS", "NotStorable", "Patience", "Tiers", "Unavailable", "no_shard"]


def _no_loader() -> Any:
    raise AssertionError("This path never loads.")


class Tiers:
    """Reading and writing answer, quickly, whatever is down; only a loader's error is raised, and NotStorable by `set`.

    `shard_of` names the shard of a tenant, quickly (it is asked at each read). The `invalidate_*` raise `Unavailable`
    unless what they did is certain to last; `forget_vm` and `forget_tenant` are the same for those who cannot try
    again, and say by False that it is not."""

    def __init__(
        self,
        l1: L1,
        l2: L2,
        shard_of: Callable[[str], str] = no_shard,
        patience: Patience | None = None,
        near: Near | None = None,
    ) -> None:
        self.generations = Generations(l1)
        self.counters = Counters(l1.count)
        self.readers = Readers(l1.note, self.counters)
        self._l1, self._l2 = l1, l2
        self._stores = {"l1": l1, "l2": l2, "generations": self.generations}
        self._shard_of, self._flights, self._near = shard_of, Flights(), near
        self._path = ReadPath(self.counters, patience or Patience(), self.readers.loaded)

    def get(self, name: str, tenant_id: str, key: str) -> Any:
        """The value, or MISS."""
        kept = self._kept((name, tenant_id, key))
        if kept is not None:
            return kept.load(kept.payload)
        family = FAMILIES[name]
        self.readers.read(name, tenant_id, key)
        found = self._look(family, tenant_id, key)
        if found.opened.good or found.stamp is None:
            return found.opened.value if found.opened.good else MISS
        return self._drive(self._path.read_l2(family, tenant_id, (key,), (found.stamp,))).get(key, MISS)

    def get_many(self, name: str, tenant_id: str, names: Collection[str]) -> dict[str, Any]:
        """The values of those that there are."""
        family = FAMILIES[name]
        wanted = list(dict.fromkeys(names))
        if not wanted:
            return {}
        self.readers.read(name, tenant_id, *wanted)
        found = self._looked(family, tenant_id, look(family, tenant_id, wanted))
        good = {key: one.opened.value for key, one in zip(wanted, found, strict=True) if one.opened.good}
        left = {key: one.stamp for key, one in zip(wanted, found, strict=True) if key not in good and one.stamp}
        if left and (family.backing or family.tier is Tier.L2):
            good |= self._drive(self._path.read_l2(family, tenant_id, list(left), list(left.values())))
        return good

    def set(self, name: str, tenant_id: str, key: str, value: Any) -> None:
        """Keep the value, which is the present one. NotStorable when its family does not take it."""
        family = FAMILIES[name]
        stamp = self._stamp(family, tenant_id, key)
        if stamp is not None:
            self._drive(self._path.keep(family, tenant_id, key, stamp, value))
            self._forget(keys.l1_key(family, tenant_id, key))

    def delete(self, name: str, tenant_id: str, key: str) -> None:
        """From both tiers. What is being loaded meanwhile may come after it: after a change, invalidate instead."""
        family = FAMILIES[name]
        stamp = self._stamp(family, tenant_id, key)
        if stamp is not None:
            self._drive(self._path.delete(family, tenant_id, key, stamp))
        self._forget(keys.l1_key(family, tenant_id, key))

    def get_or_compute(self, name: str, tenant_id: str, key: str, load: Callable[[], Any]) -> Any:
        """The value of `key` in a tenant, from the first tier that has it, else from `load`: which one caller at a time
        is asked for, in all processes."""
        kept = self._kept((name, tenant_id, key))
        if kept is not None:
            return kept.load(kept.payload)
        family = FAMILIES[name]
        self.readers.read(name, tenant_id, key)
        found = self._look(family, tenant_id, key)
        if found.opened.state is State.FRESH:
            return found.opened.value
        if found.stamp is None:
            self.readers.loaded(name, tenant_id)
            return load()
        flight = (name, tenant_id, key, found.stamp)
        return self._flights.join(flight, lambda: self._drive(self._path.fill(family, tenant_id, key, found), load))

    def add_point(self, tenant_id: str, vm_id: str, values: dict[str, float]) -> None:
        """A measurement of now, among those of the last minute."""
        added = point(tenant_id, vm_id, values, time.time())
        if self._quietly(FAMILIES["metric"], lambda: self._l1.add_point(*added)):
            self.counters.add("metric", "sets")

    def points(self, tenant_id: str, vm_id: str) -> list[bytes]:
        """The measurements of the last minute, oldest first; empty when none is kept."""
        family = FAMILIES["metric"]
        self.readers.read(family.name, tenant_id, vm_id)
        try:
            found = self._l1.points(keys.l1_key(family, tenant_id, vm_id), time.time() - family.ttl)
        except Unavailable:
            self.counters.add(family.name, "errors")
            found = []
        self.counters.add(family.name, "hits" if found else "misses")
        return found

    def invalidate_vm(self, tenant_id: str, vm_id: str) -> None:
        """After a change of a VM: its entry, its tenant's query results, totals and answers of the API, in both tiers;
        not the tenant's other VMs."""
        self._raise(*keys.of_vm(tenant_id, vm_id))
        self.counters.add("vm", "invalidations")

    def invalidate_entry(self, name: str, tenant_id: str, key: str) -> None:
        """One entry of a family whose entries have generations of their own, such as a person's permissions."""
        self._raise(keys.entry_key(FAMILIES[name], tenant_id, key))
        self.counters.add("entry", "invalidations")

    def invalidate_tenant(self, tenant_id: str) -> None:
        """All of the tenant in both tiers that comes from the database: everything but sessions and measurements."""
        self._raise(keys.generation_key(tenant_id))
        self.counters.add("tenant", "invalidations")

    def invalidate_family(self, name: str, whose: str) -> None:
        """All of a family in both tiers, within FAMILY_SECONDS; once for each `whose`."""
        try:
            self.generations.bump_family(name, whose)
            self.counters.add("family", "invalidations")
        finally:
            self._forget(keys.family_key(name))

    def invalidate_shard(self, shard: str, whose: str) -> None:
        """All that was read from a shard, within FAMILY_SECONDS; once for each `whose`."""
        try:
            self.generations.bump_shard(shard, whose)
            self.counters.add("shard", "invalidations")
        finally:
            self._forget(keys.shard_key(shard))

    def forget_vm(self, tenant_id: str, vm_id: str) -> bool:
        return self._quietly(FAMILIES["vm"], lambda: self.invalidate_vm(tenant_id, vm_id))

    def forget_tenant(self, tenant_id: str) -> bool:
        return self._quietly(FAMILIES["qr"], lambda: self.invalidate_tenant(tenant_id))

    def close(self) -> None:
        if self._near is not None:
            self._count_near(self._near.reads(all_of_them=True))
            self._near.close()
        self.readers.flush()
        self.counters.flush()
        self._l1.close()
        self._l2.close()

    def _kept(self, name: Name) -> Kept | None:
        """What this process has itself."""
        near = self._near
        if near is None or (kept := near.entries.get(name)) is None:
            return None
        now = monotonic()
        if now >= kept.until or now >= near.good_until:
            return None
        kept.reads += 1
        return kept

    def _look(self, family: Family, tenant_id: str, key: str) -> Found:
        at, near = look(family, tenant_id, (key,)), self._near
        if near is None or not family.near or not near.wanted((family.name, tenant_id, key)):
            return self._looked(family, tenant_id, at)[0]
        self._count_near(near.reads())
        return self._looked(family, tenant_id, at, lambda: self._read_near(near, family, tenant_id, key, at))[0]

    def _read_near(self, near: Near, family: Family, tenant_id: str, key: str, at: Look) -> list[bytes | None]:
        """On a connection on which Redis tells what changes."""
        assert family.serialiser is not None
        above = keys_above(family.name, shard_for(family, tenant_id, self._shard_of))
        try:
            return near.read((family.name, tenant_id, key), at.keys, above, family.serialiser.load)
        except Unavailable:
            return self._l1.read(at.keys)

    def _count_near(self, reads: Counter[Name]) -> None:
        """What the in-process tier served."""
        families: Counter[str] = Counter()
        for (family, _, _), count in reads.items():
            families[family] += count
        for family, count in families.items():
            self.counters.add(family, "hits", count)
            self.counters.add(family, "near", count)
        self.readers.near(reads)

    def _raise(self, *generations: str) -> None:
        try:
            self.generations.bump(*generations)
        finally:
            self._forget(*generations)

    def _forget(self, *changed: str) -> None:
        if self._near is not None:
            self._near.forget(*changed)

    def _stamp(self, family: Family, tenant_id: str, key: str) -> Stamp | None:
        return self._looked(family, tenant_id, look(family, tenant_id, (key,), numbers_only=True))[0].stamp

    def _looked(
        self, family: Family, tenant_id: str, at: Look, read: Callable[[], list[bytes | None]] | None = None
    ) -> list[Found]:
        """In one round trip, or two when a number was not there."""
        try:
            shared = self.generations.shared(shard_for(family, tenant_id, self._shard_of), family.name)
            data = read() if read else self._l1.read(at.keys) if at.keys else []
            missing = at.missing(data)
            numbers = at.completed(data, self._l1.ensure(missing, lasting=False)) if missing else data
        except Unavailable:
            return at.blind(self.counters)
        return at.found(numbers, shared, self.counters)

    def _drive(self, steps: Steps[Any], load: Callable[[], Any] = _no_loader) -> Any:
        """Carry out one step after the other; what one raises is the path's to deal with."""
        try:
            step = next(steps)
            while True:
                try:
                    answer = self._carry_out(step, load)
                except Exception as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            return end.value

    def _carry_out(self, step: Step, load: Callable[[], Any]) -> Any:
        if isinstance(step, Ask):
            return getattr(self._stores[step.store], step.method)(*step.arguments)
        return time.sleep(step.seconds) if isinstance(step, Pause) else load()

    def _quietly(self, family: Family, command: Callable[[], object]) -> bool:
        """True when it could be done."""
        try:
            command()
        except Unavailable:
            self.counters.add(family.name, "errors")
            return False
        return True
