"""The read path of the platform: L1, then L2 (which fills L1), then the loader; and what makes entries invisible."""

import random
import time
from collections.abc import Callable
from typing import Any

from caching.backends import L1, L2, Unavailable
from caching.counters import Counters
from caching.families import FAMILIES, Family, Tier
from caching.generations import Generations
from caching.keys import l1_key, l2_key

JITTER = 0.1  # of a family's TTL, so that what was filled together does not expire together


class _Miss:
    """What a cache answers that has nothing, as None may be a value."""


MISS = _Miss()


class Tiers:
    """Both tiers as one. Every method answers, quickly, whatever is down; only a loader's error is raised."""

    def __init__(self, l1: L1, l2: L2) -> None:
        self._l1, self._l2 = l1, l2
        self.generations = Generations(l1)
        self.counters = Counters(l1.count)

    def get(self, name: str, key: str) -> Any:
        """The value of an L1 family, or MISS."""
        return self._read(FAMILIES[name], lambda: self._l1.get(l1_key(FAMILIES[name], key)))

    def set(self, name: str, key: str, value: Any) -> None:
        """Keep a value of an L1 family."""
        family = FAMILIES[name]
        self._write(family, value, lambda data: self._l1.set(l1_key(family, key), data, _ttl(family)))

    def delete(self, name: str, key: str) -> None:
        family = FAMILIES[name]
        self._quietly(family, lambda: self._l1.delete(l1_key(family, key)))

    def get_or_load(self, name: str, tenant_id: str, key: str, load: Callable[[], Any]) -> Any:
        """The value of `key` in a tenant, from the first tier that has it, else from `load`."""
        family = FAMILIES[name]
        if family.tier is Tier.L2:
            return self._through_l2(family, tenant_id, key, load)
        entry = f"{tenant_id}:{key}"
        value = self.get(name, entry)
        if value is not MISS:
            return value
        before = self._generation(family, tenant_id)
        if family.backing:
            value = self._through_l2(FAMILIES[family.backing], tenant_id, f"{name}:{key}", load, name)
        else:
            value = load()
        # What was loaded before a change must not be kept after it.
        if before is not None and before == self._generation(family, tenant_id):
            self.set(name, entry, value)
        return value

    def add_point(self, tenant_id: str, vm_id: str, values: dict[str, float]) -> None:
        """A measurement of now, among those of the last minute."""
        family, now = FAMILIES["metric"], time.time()
        key = l1_key(family, f"{tenant_id}:{vm_id}")
        member = FAMILIES["vm"].serialiser.dump({"at": now, **values})  # type: ignore[union-attr]
        if self._quietly(family, lambda: self._l1.add_point(key, now, member, now - family.ttl, family.ttl)):
            self.counters.add(family.name, "sets")

    def points(self, tenant_id: str, vm_id: str) -> list[bytes]:
        """The measurements of the last minute, oldest first; empty when none is kept."""
        family = FAMILIES["metric"]
        key, since = l1_key(family, f"{tenant_id}:{vm_id}"), time.time() - family.ttl
        try:
            found = self._l1.points(key, since)
        except Unavailable:
            self.counters.add(family.name, "errors")
            found = []
        self.counters.add(family.name, "hits" if found else "misses")
        return found

    def invalidate_vm(self, tenant_id: str, vm_id: str) -> None:
        """After a change of a VM: its entry, and with the generation every query result and total of its tenant."""
        self.invalidate_tenant(tenant_id)
        self.delete("vm", f"{tenant_id}:{vm_id}")

    def invalidate_tenant(self, tenant_id: str) -> None:
        """Everything of the tenant in L2."""
        self._quietly(FAMILIES["qr"], lambda: self.generations.bump(tenant_id))

    def close(self) -> None:
        self.counters.flush()
        self._l1.close()
        self._l2.close()

    def _through_l2(self, family: Family, tenant_id: str, key: str, load: Callable[[], Any], *fronts: str) -> Any:
        """`fronts` are L1 families whose copies these are: what makes them invisible does so here too."""
        generation = self._generation(family, tenant_id, *fronts)
        if generation is None:
            return load()
        # The key carries the generation from before the load: a change meanwhile leaves the value where none looks.
        full = l2_key(family, tenant_id, generation, key)
        value = self._read(family, lambda: self._l2.get(full))
        if value is MISS:
            value = load()
            self._write(family, value, lambda data: self._l2.set(full, data, _ttl(family)))
        return value

    def _generation(self, family: Family, tenant_id: str, *fronts: str) -> int | None:
        try:
            return self.generations.current(tenant_id, family.name, *fronts)
        except Unavailable:
            self.counters.add(family.name, "errors")
            return None

    def _read(self, family: Family, ask: Callable[[], bytes | None]) -> Any:
        assert family.serialiser is not None, f"{family.name} is a sorted set"
        value: Any = MISS
        try:
            data = ask()
            value = MISS if data is None else family.serialiser.load(data)
        except (Unavailable, ValueError):
            self.counters.add(family.name, "errors")
        self.counters.add(family.name, "misses" if value is MISS else "hits")
        return value

    def _write(self, family: Family, value: Any, put: Callable[[bytes], None]) -> None:
        assert family.serialiser is not None, f"{family.name} is a sorted set"
        data = family.serialiser.dump(value)
        if self._quietly(family, lambda: put(data)):
            self.counters.add(family.name, "sets")

    def _quietly(self, family: Family, command: Callable[[], object]) -> bool:
        """True when it could be done."""
        try:
            command()
        except Unavailable:
            self.counters.add(family.name, "errors")
            return False
        return True


def _ttl(family: Family) -> int:
    return max(1, round(family.ttl * (1 - JITTER * random.random())))  # noqa: S311 (only spreads expiry)
