"""Numbers that a value is kept with: raising one makes invisible, in both tiers, all that was computed before."""

import time

from caching.library import keys
from caching.library.envelope import Stamp
from caching.library.families import Family
from caching.library.l1 import L1

# A process may read a family's or a shard's number this long after it was raised: it changes too seldom to be asked for
# each read.
FAMILY_SECONDS = 1.0


class Generations:
    """Kept in L1, those of a tenant in the slot of its entries. Everything here raises `Unavailable` when L1 cannot
    answer; `bump*` also when the new number is not certain to survive a failover. It may have been raised all the same,
    so whoever must be sure raises it again."""

    def __init__(self, l1: L1) -> None:
        self._l1 = l1
        self._remembered: dict[str, tuple[float, int]] = {}

    def stamp(self, family: Family, tenant_id: str, key: str, shared: int) -> Stamp:
        """The numbers of this moment, some of them made now."""
        followed = keys.followed(family, tenant_id, key)
        if not followed:
            return Stamp(0, 0, shared)
        tenant, narrower = self._l1.ensure(followed, lasting=False)
        return Stamp(tenant, narrower, shared)

    def shared(self, shard: str, *families: str) -> int:
        """The sum of the families' numbers and the shard's, as known for at most FAMILY_SECONDS. Each only grows."""
        known = [self._number(keys.family_key(name)) for name in families]
        return sum(known) + (self._number(keys.shard_key(shard)) if shard else 0)

    def bump(self, *generations: str) -> None:
        """All of one tenant."""
        self._l1.raise_numbers(generations)

    def bump_family(self, name: str, whose: str) -> int:
        """Every process knows it FAMILY_SECONDS later. Asked again by the same `whose`, it is not raised again."""
        return self._once(keys.family_key(name), whose)

    def bump_shard(self, shard: str, whose: str) -> int:
        """The same for all that was read from a shard."""
        return self._once(keys.shard_key(shard), whose)

    def _once(self, key: str, whose: str) -> int:
        self._remembered.pop(key, None)
        return self._l1.raise_number_once(key, whose)

    def _number(self, key: str) -> int:
        asked_at, number = self._remembered.get(key, (float("-inf"), 0))
        now = time.monotonic()
        if now - asked_at > FAMILY_SECONDS:
            [number] = self._l1.ensure((key,), lasting=True)
            self._remembered[key] = (now, number)
        return number
