"""A look at the first tier: which keys are read at once, and what their bytes say. Pure, but for counting."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from caching.library import keys
from caching.library.counters import Counters
from caching.library.entries import NOTHING, Opened, opened
from caching.library.envelope import Stamp
from caching.library.exceptions import Unavailable
from caching.library.families import Family, Follows, Tier

Number = bytes | int


@dataclass(frozen=True, slots=True)
class Found:
    """`stamp` is None when the generations of that moment are not known: then nothing may be kept."""

    stamp: Stamp | None
    opened: Opened = NOTHING


BLIND = Found(None)


@dataclass(frozen=True, slots=True)
class Look:
    """`keys` are of one slot: the entries, where L1 holds them, then the numbers that hide them."""

    family: Family
    names: Sequence[str]
    keys: tuple[str, ...]
    entries: int

    def missing(self, data: Sequence[bytes | None]) -> list[str]:
        """The numbers that have to be made. None of the entries can carry them."""
        if None not in data[self.entries :]:
            return []
        return [key for key, one in zip(self.keys[self.entries :], data[self.entries :], strict=True) if one is None]

    def completed(self, data: Sequence[bytes | None], made: Sequence[int]) -> list[Number | None]:
        numbers = iter(made)
        return [*data[: self.entries], *(next(numbers) if one is None else one for one in data[self.entries :])]

    def found(self, data: Sequence[Number | None], shared: int, counters: Counters) -> list[Found]:
        """One for each name."""
        stamps = self._stamps(data[self.entries :], shared)
        if not self.entries:
            return [Found(stamp) for stamp in stamps]
        now = time.time()
        return [
            Found(stamp, _opened(self.family, entry, stamp, now, counters))
            for entry, stamp in zip(data, stamps, strict=False)
        ]

    def blind(self, counters: Counters) -> list[Found]:
        """When L1 could not be asked."""
        counters.add(self.family.name, "errors")
        if self.entries:
            counters.add(self.family.name, "misses", len(self.names))
        return [BLIND] * len(self.names)

    def _stamps(self, numbers: Sequence[Number | None], shared: int) -> list[Stamp]:
        if not numbers:
            return [Stamp(0, 0, shared)] * len(self.names)
        tenant, *narrower = [int(number or 0) for number in numbers]
        if self.family.follows is Follows.RESULTS:
            return [Stamp(tenant, narrower[0], shared)] * len(self.names)
        return [Stamp(tenant, one, shared) for one in narrower]


def look(family: Family, tenant_id: str, names: Sequence[str], numbers_only: bool = False) -> Look:
    """At entries and numbers; of an L2 family, or with `numbers_only`, at the numbers alone."""
    entries = family.tier is Tier.L1 and not numbers_only
    wanted = [keys.l1_key(family, tenant_id, name) for name in names] if entries else []
    followed: list[str] = []
    if family.follows is Follows.RESULTS:
        followed = [keys.generation_key(tenant_id), keys.results_key(tenant_id)]
    elif family.follows is Follows.ENTRY:
        followed = [keys.generation_key(tenant_id), *(keys.entry_key(family, tenant_id, name) for name in names)]
    return Look(family, names, (*wanted, *followed), len(wanted))


def shard_for(family: Family, tenant_id: str, shard_of: Callable[[str], str]) -> str:
    """Empty where the family follows none. Unavailable when the application cannot say."""
    if family.follows is Follows.NOTHING:
        return ""
    try:
        return shard_of(tenant_id)
    except Exception as error:  # the application's own function: whatever it raises, its loader goes on
        raise Unavailable(f"The shard of {tenant_id} is not known: {error}") from error


def no_shard(tenant_id: str) -> str:
    """For whoever has no shards: nothing is hidden when one of them loses its change stream."""
    return ""


def _opened(family: Family, data: Number | None, stamp: Stamp, now: float, counters: Counters) -> Opened:
    assert data is None or isinstance(data, bytes)
    try:
        found = opened(family, data, stamp, now)
    except ValueError:
        counters.add(family.name, "errors")
        found = NOTHING
    counters.add(family.name, "hits" if found.good else "misses")
    return found
