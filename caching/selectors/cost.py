"""What misses cost: reads that the database serves because no cache did. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from caching.library.families import FAMILIES, Family, Follows
from caching.traffic import Traffic
from metrics.thresholds import HIT_RATIO_CRITICAL


@dataclass(frozen=True, slots=True)
class Cost:
    """Per second. `avoidable` is what would not reach the database at a hit ratio of HIT_RATIO_CRITICAL; None where
    nothing was counted."""

    reads: float | None
    avoidable: float | None


def cost(family: Family, traffic: Traffic) -> Cost:
    """By the loader calls that the library counted. Where it did not count them, by the misses of families that are
    loaded at once: those with a copy in L2 ask there first, and sessions have no loader."""
    called, reads = traffic.loads_per_second, traffic.reads_per_second
    if called is None and (family.backing or not loads(family)):
        return Cost(None, None)
    found = traffic.misses_per_second if called is None else called
    if found is None or reads is None:
        return Cost(None, None)
    return Cost(found, max(0.0, found - (1 - HIT_RATIO_CRITICAL) * reads))


def loads(family: Family) -> bool:
    """Whether a miss of it is computed from the database."""
    return family.follows is not Follows.NOTHING or family.serialiser is None


def together(several: Mapping[str, Traffic]) -> Cost:
    """Of all families."""
    found = [cost(FAMILIES[name], one) for name, one in several.items() if name in FAMILIES]
    known = [one for one in found if one.reads is not None]
    if not known:
        return Cost(None, None)
    return Cost(sum(one.reads or 0 for one in known), sum(one.avoidable or 0 for one in known))
