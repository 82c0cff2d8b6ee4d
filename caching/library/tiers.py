"""The read path of the platform: L1, then L2 (which fills L1), then the loader; and what makes entries invisible."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from caching.library import keys
from caching.library.counters import Counters
from caching.library.envelope import Envelope, Stamp
from caching.library.exceptions import Unavailable
from caching.library.families import FAMILIES, Family, Follows, Tier
from caching.library.generations import Generations
from caching.library.l1 import L1
from caching.library.l2 import L2
from caching.library.serialisers import JSON

JITTER = 0.1  # of a family's TTL, so that what was filled together does not expire together


class _Miss:
    """What a cache answers that has nothing, as None may be a value."""


MISS = _Miss()


def no_shard(tenant_id: str) -> str:
    """For whoever has no shards: nothing is hidden when one of them loses its change stream."""
    return ""


class Tiers:
    """Both tiers as one. Reading and writing answer, quickly, whatever is down; only a loader's error is raised.

    `shard_of` names the shard of a tenant, quickly (it is asked at each read). The `invalidate_*` raise `Unavailable`
    unless what they did is certain to last; `forget_vm` and `forget_tenant` are the same for those who cannot try
    again, and say by False that it is not."""

    def __init__(self, l1: L1, l2: L2, shard_of: Callable[[str], str] = no_shard) -> None:
        self._l1, self._l2, self._shard_of = l1, l2, shard_of
        self.generations = Generations(l1)
        self.counters = Counters(l1.count)

    def get(self, name: str, tenant_id: str, key: str) -> Any:
        """The value in an L1 family, or MISS."""
        return self._read_l1(FAMILIES[name], tenant_id, key)[0]

    def set(self, name: str, tenant_id: str, key: str, value: Any) -> None:
        """Keep a value of an L1 family, which is the present one."""
        family = FAMILIES[name]
        stamp = self._stamp(family, tenant_id, key)
        if stamp is not None:
            self._fill_l1(family, tenant_id, key, stamp, value)

    def delete(self, name: str, tenant_id: str, key: str) -> None:
        """From L1. What is being loaded meanwhile may come after it: after a change, invalidate instead."""
        family = FAMILIES[name]
        self._quietly(family, lambda: self._l1.delete(keys.l1_key(family, tenant_id, key)))

    def get_or_compute(self, name: str, tenant_id: str, key: str, load: Callable[[], Any]) -> Any:
        """The value of `key` in a tenant, from the first tier that has it, else from `load`."""
        family = FAMILIES[name]
        if family.tier is Tier.L2:
            return self._through_l2(family, tenant_id, key, load, self._stamp(family, tenant_id, key))
        value, stamp = self._read_l1(family, tenant_id, key)
        if value is not MISS:
            return value
        value = self._through_copy(family, tenant_id, key, load, stamp) if family.backing else load()
        if stamp is not None:
            self._fill_l1(family, tenant_id, key, stamp, value)
        return value

    def add_point(self, tenant_id: str, vm_id: str, values: dict[str, float]) -> None:
        """A measurement of now, among those of the last minute."""
        family, now = FAMILIES["metric"], time.time()
        key = keys.l1_key(family, tenant_id, vm_id)
        member = JSON.dump({"at": now, **values})
        if self._quietly(family, lambda: self._l1.add_point(key, now, member, now - family.ttl, family.ttl)):
            self.counters.add(family.name, "sets")

    def points(self, tenant_id: str, vm_id: str) -> list[bytes]:
        """The measurements of the last minute, oldest first; empty when none is kept."""
        family = FAMILIES["metric"]
        key, since = keys.l1_key(family, tenant_id, vm_id), time.time() - family.ttl
        try:
            found = self._l1.points(key, since)
        except Unavailable:
            self.counters.add(family.name, "errors")
            found = []
        self.counters.add(family.name, "hits" if found else "misses")
        return found

    def invalidate_vm(self, tenant_id: str, vm_id: str) -> None:
        """After a change of a VM: its entry, its tenant's query results, totals and answers of the API, in both tiers;
        not the tenant's other VMs."""
        entry = keys.entry_key(FAMILIES["vm"], tenant_id, vm_id)
        self.generations.bump(entry, keys.results_key(tenant_id))

    def invalidate_entry(self, name: str, tenant_id: str, key: str) -> None:
        """One entry of a family whose entries have generations of their own, such as a person's permissions."""
        self.generations.bump(keys.entry_key(FAMILIES[name], tenant_id, key))

    def invalidate_tenant(self, tenant_id: str) -> None:
        """All of the tenant in both tiers that comes from the database: everything but sessions and measurements."""
        self.generations.bump(keys.generation_key(tenant_id))

    def invalidate_family(self, name: str, whose: str) -> None:
        """All of a family in both tiers, within FAMILY_SECONDS; once for each `whose`."""
        self.generations.bump_family(name, whose)

    def invalidate_shard(self, shard: str, whose: str) -> None:
        """All that was read from a shard, within FAMILY_SECONDS; once for each `whose`."""
        self.generations.bump_shard(shard, whose)

    def forget_vm(self, tenant_id: str, vm_id: str) -> bool:
        return self._quietly(FAMILIES["vm"], lambda: self.invalidate_vm(tenant_id, vm_id))

    def forget_tenant(self, tenant_id: str) -> bool:
        return self._quietly(FAMILIES["qr"], lambda: self.invalidate_tenant(tenant_id))

    def close(self) -> None:
        self.counters.flush()
        self._l1.close()
        self._l2.close()

    def _read_l1(self, family: Family, tenant_id: str, key: str) -> tuple[Any, Stamp | None]:
        """The value or MISS, and the generations at that moment, as what is loaded now has to be kept with them."""
        stamp: Stamp | None = None
        value: Any = MISS
        try:
            shared = self._shared(family, tenant_id)
            names = keys.followed(family, tenant_id, key)
            data, *numbers = self._l1.read((keys.l1_key(family, tenant_id, key), *names))
            stamp = _stamp(numbers, shared)
            if stamp is None:
                stamp = self.generations.stamp(family, tenant_id, key, shared)
            else:
                value = _opened(family, data, stamp)
        except (Unavailable, ValueError):
            self.counters.add(family.name, "errors")
        self.counters.add(family.name, "misses" if value is MISS else "hits")
        return value, stamp

    def _fill_l1(self, family: Family, tenant_id: str, key: str, stamp: Stamp, value: Any) -> None:
        self._write(
            family, stamp, value, lambda data, ttl: self._l1.set(keys.l1_key(family, tenant_id, key), data, ttl)
        )

    def _through_l2(
        self, family: Family, tenant_id: str, key: str, load: Callable[[], Any], stamp: Stamp | None, copy_of: str = ""
    ) -> Any:
        if stamp is None:
            return load()
        # The stamp is from before the load: a change meanwhile leaves the value where none looks.
        full = keys.l2_key(family, tenant_id, stamp.total, key, copy_of)
        value = self._read_l2(family, full, stamp)
        if value is MISS:
            value = load()
            self._write(family, stamp, value, lambda data, ttl: self._l2.set(full, data, ttl))
        return value

    def _through_copy(
        self, family: Family, tenant_id: str, key: str, load: Callable[[], Any], stamp: Stamp | None
    ) -> Any:
        """The copy in L2 of an L1 entry: hidden by what hides the entry, and by its own family's generation."""
        backing = FAMILIES[family.backing]
        try:
            added = self.generations.shared("", backing.name)
        except Unavailable:
            return load()
        also = stamp and replace(stamp, shared=stamp.shared + added)
        return self._through_l2(backing, tenant_id, key, load, also, copy_of=family.name)

    def _read_l2(self, family: Family, full: str, stamp: Stamp) -> Any:
        value: Any = MISS
        try:
            value = _opened(family, self._l2.get(full), stamp)
        except (Unavailable, ValueError):
            self.counters.add(family.name, "errors")
        self.counters.add(family.name, "misses" if value is MISS else "hits")
        return value

    def _stamp(self, family: Family, tenant_id: str, key: str) -> Stamp | None:
        try:
            return self.generations.stamp(family, tenant_id, key, self._shared(family, tenant_id))
        except Unavailable:
            self.counters.add(family.name, "errors")
            return None

    def _shared(self, family: Family, tenant_id: str) -> int:
        if family.follows is Follows.NOTHING:
            return self.generations.shared("", family.name)
        try:
            shard = self._shard_of(tenant_id)
        except Exception as error:  # the application's own function: whatever it raises, the loader goes on
            raise Unavailable(f"The shard of {tenant_id} is not known: {error}") from error
        return self.generations.shared(shard, family.name)

    def _write(self, family: Family, stamp: Stamp, value: Any, put: Callable[[bytes, int], None]) -> None:
        assert family.serialiser is not None, f"{family.name} is a sorted set"
        ttl = _ttl(family)
        data = Envelope(stamp, family.serialiser.dump(value), time.time() + ttl).pack()
        if self._quietly(family, lambda: put(data, ttl)):
            self.counters.add(family.name, "sets")

    def _quietly(self, family: Family, command: Callable[[], object]) -> bool:
        """True when it could be done."""
        try:
            command()
        except Unavailable:
            self.counters.add(family.name, "errors")
            return False
        return True


def _stamp(numbers: list[bytes | None], shared: int) -> Stamp | None:
    """None when a number that is followed is missing."""
    if not numbers:
        return Stamp(0, 0, shared)
    tenant, narrower = numbers
    return None if tenant is None or narrower is None else Stamp(int(tenant), int(narrower), shared)


def _opened(family: Family, data: bytes | None, stamp: Stamp) -> Any:
    """MISS when there is nothing, or what there is was computed before a change."""
    assert family.serialiser is not None, f"{family.name} is a sorted set"
    if data is None:
        return MISS
    envelope = Envelope.unpack(data)
    return family.serialiser.load(envelope.payload) if envelope.stamp == stamp else MISS


def _ttl(family: Family) -> int:
    return max(1, round(family.ttl * (1 - JITTER * random.random())))  # noqa: S311 (only spreads expiry)
