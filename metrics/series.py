"""Numbers over time as plots and sparklines take them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Series:
    """Times and values of the same length, oldest first; None where there was no value."""

    name: str
    times: tuple[datetime, ...] = ()
    values: tuple[float | None, ...] = ()

    @property
    def last(self) -> float | None:
        return self.values[-1] if self.values else None

    @property
    def known(self) -> tuple[float, ...]:
        return tuple(value for value in self.values if value is not None)


def gathered(points: Sequence[Point], names: Sequence[str]) -> dict[str, Series]:
    times = tuple(point.at for point in points)
    return {name: Series(name, times, tuple(point.values.get(name) for point in points)) for name in names}


def thinned(series: Series, most: int) -> Series:
    """At most `most` points: the mean of each stretch of neighbours; for sparklines."""
    size = -(-len(series.values) // most) if most else 0
    if size <= 1:
        return series
    starts = range(0, len(series.values), size)
    parts = [[value for value in series.values[at : at + size] if value is not None] for at in starts]
    means = tuple(sum(part) / len(part) if part else None for part in parts)
    return Series(series.name, tuple(series.times[at] for at in starts), means)
