"""Numbers that a value is kept with: raising one makes invisible, in both tiers, all that was computed before."""

import time

from caching.library import keys
from caching.library.l1 import L1

# A process may read a family's or a shard's number this long after it was raised: it changes too seldom to be asked for
# each read.
FAMILY_SECONDS = 1.0


class Remembered:
    """Numbers of families and shards, as this process read them lately. Pure, but for the clock."""

    def __init__(self) -> None:
        self._numbers: dict[str, tuple[float, int]] = {}

    def get(self, key: str) -> int | None:
        asked_at, number = self._numbers.get(key, (float("-inf"), 0))
        return number if time.monotonic() - asked_at <= FAMILY_SECONDS else None

    def note(self, key: str, number: int, asked_at: float) -> int:
        self._numbers[key] = (asked_at, number)
        return number

    def forget(self, key: str) -> None:
        self._numbers.pop(key, None)


def shared_keys(shard: str, families: tuple[str, ...]) -> list[str]:
    return [keys.family_key(name) for name in families] + ([keys.shard_key(shard)] if shard else [])


class Generations:
    """Kept in L1, those of a tenant in the slot of its entries. Everything here raises `Unavailable` when L1 cannot
    answer; `bump*` also when the new number is not certain to survive a failover. It may have been raised all the same,
    so whoever must be sure raises it again."""

    def __init__(self, l1: L1) -> None:
        self._l1, self._remembered = l1, Remembered()

    def shared(self, shard: str, *families: str) -> int:
        """The sum of the families' numbers and the shard's, as known for at most FAMILY_SECONDS. Each only grows."""
        return sum([self._number(key) for key in shared_keys(shard, families)])

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
        self._remembered.forget(key)
        return self._l1.raise_number_once(key, whose)

    def _number(self, key: str) -> int:
        known = self._remembered.get(key)
        if known is not None:
            return known
        asked_at = time.monotonic()
        [number] = self._l1.ensure((key,), lasting=True)
        return self._remembered.note(key, number, asked_at)
