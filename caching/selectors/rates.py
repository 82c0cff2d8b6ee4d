"""Counters of nodes over a time as ratios and rates, one node's or several nodes' together. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from caching.smoothing import smooth_ratio
from caching.traffic import rate_over
from metrics.contract import Seen
from metrics.rates import ratio_over
from metrics.selectors import many_series
from metrics.series import Series

NOW_SECONDS = 300.0
SPARK_POINTS = 20
PLOT_POINTS = 60
SLOT_SECONDS = 10
History = Mapping[int, Mapping[str, Series]]


@dataclass(frozen=True, slots=True)
class Rates:
    """Over the last minutes: shares 0 to 1, the others per second; None where there are too few samples."""

    ratio: float | None
    reads: float | None
    operations: float | None
    evictions: float | None
    expirations: float | None
    spark: tuple[float | None, ...]


def history(several: Sequence[Seen], probe: str, names: tuple[str, ...], since: datetime) -> History:
    return many_series([one.server.id for one in several], probe, names, since)


def rates_of(series: Mapping[str, Series], evictions: str, expirations: str = "", operations: str = "") -> Rates:
    """The names are those of counters; empty for what the server does not count."""
    hits, misses = series["hits_total"], series["misses_total"]
    hit, miss = rate_over(hits), rate_over(misses)
    return Rates(
        ratio=ratio_over(hits, misses)[0],
        reads=None if hit is None or miss is None else hit + miss,
        operations=rate_over(series[operations]) if operations else None,
        evictions=rate_over(series[evictions]),
        expirations=rate_over(series[expirations]) if expirations else None,
        spark=spark(hits, misses),
    )


def spark(hits: Series, misses: Series) -> tuple[float | None, ...]:
    return smooth_ratio(hits, misses, SPARK_POINTS).values


def added(several: list[Series]) -> Series:
    """Counters of nodes as one: per slot of 10 s the sum of each node's growth since its own beginning. What a node
    that fell silent had counted stays in the sum."""
    starts = [at for one in several for at in one.times]
    if not starts:
        return Series("sum")
    first, grown_at = min(starts), {}
    for index, one in enumerate(several):
        total, before = 0.0, None
        for at, value in zip(one.times, one.values, strict=True):
            if value is None:
                continue
            total += 0 if before is None else value - before if value >= before else value
            before = value
            grown_at[(int((at - first).total_seconds() // SLOT_SECONDS), index)] = total
    return _summed(first, grown_at, len(several))


def _summed(first: datetime, grown_at: Mapping[tuple[int, int], float], count: int) -> Series:
    last: dict[int, float] = {}
    times, sums = [], []
    for slot in range(max(slot for slot, _ in grown_at) + 1 if grown_at else 0):
        last.update({index: grown_at[slot, index] for index in range(count) if (slot, index) in grown_at})
        if any((slot, index) in grown_at for index in range(count)):
            times.append(first + timedelta(seconds=SLOT_SECONDS * slot))
            sums.append(sum(last.values()))
    return Series("sum", tuple(times), tuple(sums))
