"""From counters to rates. Pure."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from metrics.series import Point, Series

# Two samples further apart than this say nothing about the time between them.
LONGEST_STEP_SECONDS = 300.0


def grown(before: float, after: float) -> float:
    """How much a counter grew. One that became smaller began anew: what it shows since then is the growth."""
    return after - before if after >= before else after


def per_second(counter: Series) -> Series:
    """The rate between neighbours, at the later one's time; None at the first point and across missing ones."""
    if not counter.values:
        return Series(counter.name)
    pairs = pairwise(zip(counter.times, counter.values, strict=True))
    rates = tuple(_rate(*one, *other) for one, other in pairs)
    return Series(counter.name, counter.times, (None, *rates))


def _rate(at: datetime, before: float | None, later: datetime, after: float | None) -> float | None:
    seconds = (later - at).total_seconds()
    if before is None or after is None or not 0 < seconds <= LONGEST_STEP_SECONDS:
        return None
    return grown(before, after) / seconds


def growth(counter: Series) -> float:
    """How much it grew over the whole series, resets left out of account."""
    return sum(grown(before, after) for before, after in pairwise(counter.known))


def ratio(hits: Series, misses: Series) -> Series:
    """Hits per read between neighbours, 0 to 1; None where nothing was read."""
    pairs = zip(per_second(hits).values, per_second(misses).values, strict=True)
    return Series("ratio", hits.times, tuple(_share(hit, miss) for hit, miss in pairs))


def ratio_over(hits: Series, misses: Series) -> tuple[float | None, float]:
    """Hits per read over the whole series, and the number of reads; None where nothing was read."""
    hit, missed = growth(hits), growth(misses)
    return (hit / (hit + missed) if hit + missed else None), hit + missed


def total(several: Sequence[Series], name: str = "total") -> Series:
    """The sum of series of the same cycles, paired from the newest backwards. A point that some lack is
    the sum of the others; one that all lack is None."""
    length = min((len(one.values) for one in several), default=0)
    if not length:
        return Series(name)
    columns = zip(*(one.values[-length:] for one in several), strict=True)
    sums = tuple(sum(known) if (known := [v for v in column if v is not None]) else None for column in columns)
    return Series(name, several[0].times[-length:], sums)


def _share(hit: float | None, miss: float | None) -> float | None:
    if hit is None or miss is None or hit + miss <= 0:
        return None
    return hit / (hit + miss)


def rates_between(earlier: Point, now: Point) -> tuple[dict[str, float], float]:
    """Growth per second of every counter that both have, and the seconds between them."""
    seconds = (now.at - earlier.at).total_seconds()
    if seconds <= 0:
        return {}, 0.0
    counters = [name for name in now.values if name.endswith("_total") and name in earlier.values]
    return {name: grown(earlier.values[name], now.values[name]) / seconds for name in counters}, seconds
