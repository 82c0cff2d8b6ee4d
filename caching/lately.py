"""What applications read over the last minutes, by the families' own counters. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from caching.facts import FamiliesFacts
from metrics.contract import Snapshot


@dataclass(frozen=True, slots=True)
class Lately:
    """`family` is empty for a whole tier."""

    tier: str
    family: str
    hits: float
    reads: float

    @property
    def ratio(self) -> float | None:
        """Hits per read; None when nothing was read."""
        return self.hits / self.reads if self.reads else None


def reads_lately(snapshot: Snapshot) -> Iterator[Lately]:
    """One per family that lives in a tier and whose counters were reached."""
    for seen, facts in snapshot.facts(FamiliesFacts):
        for one in facts.families:
            if one.tier and seen.reachable:
                hits, misses = (
                    seen.rates.get(f"{one.family}:{event}_total", 0.0) * seen.rates_seconds
                    for event in ("hits", "misses")
                )
                yield Lately(one.tier, one.family, hits, hits + misses)


def sum_of_tier(families: Iterable[Lately], tier: str) -> Lately:
    mine = [one for one in families if one.tier == tier]
    return Lately(tier, "", sum(one.hits for one in mine), sum(one.reads for one in mine))
