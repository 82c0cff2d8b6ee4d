"""Reads per family over time, from the counters of the caching library. One node of the cluster holds them, another one
after a failover, so that the samples of all nodes are one line. Inside a fleet's schema; asks no server."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from caching.smoothing import smooth_ratio
from metrics.models import Sample
from metrics.rates import growth, ratio_over
from metrics.selectors import RAW_FOR
from metrics.series import MINUTE, Point, Series, gathered

PROBE = "families"
EVENTS = (
    "hits_total",
    "near_total",
    "misses_total",
    "sets_total",
    "errors_total",
    "loads_total",
    "invalidations_total",
)


@dataclass(frozen=True, slots=True)
class Traffic:
    """One family's counters over a time; `near` are those hits that processes served from their own memory."""

    hits: Series
    near: Series
    misses: Series
    sets: Series
    errors: Series
    loads: Series
    invalidations: Series

    @property
    def counted(self) -> bool:
        """Whether a rate can be told: two samples at least."""
        return len(self.hits.known) > 1

    @property
    def ratio(self) -> float | None:
        return ratio_over(self.hits, self.misses)[0]

    def ratios(self, most: int) -> Series:
        """At most so many points, each over its own stretch of time: neighbours alone would hold too few reads."""
        return smooth_ratio(self.hits, self.misses, most)

    @property
    def reads_per_second(self) -> float | None:
        hits, misses = rate_over(self.hits), rate_over(self.misses)
        return None if hits is None or misses is None else hits + misses

    @property
    def misses_per_second(self) -> float | None:
        return rate_over(self.misses)

    @property
    def loads_per_second(self) -> float | None:
        """Loader calls; None where the library of that time did not count them."""
        return rate_over(self.loads)

    @property
    def near_per_second(self) -> float | None:
        return rate_over(self.near)

    @property
    def near_share(self) -> float | None:
        """Of all reads; None where nothing was read or nothing tells."""
        return self.near_per_second / self.reads_per_second if self.near_per_second and self.reads_per_second else None

    @property
    def hits_per_second(self) -> float | None:
        return rate_over(self.hits)

    @property
    def errors_total(self) -> float:
        return growth(self.errors)

    @property
    def at(self) -> datetime | None:
        return self.hits.times[-1] if self.hits.times else None


def rate_over(counter: Series) -> float | None:
    """The growth per second over the whole series; None below two samples."""
    known = [at for at, value in zip(counter.times, counter.values, strict=True) if value is not None]
    seconds = (known[-1] - known[0]).total_seconds() if len(known) > 1 else 0
    return growth(counter) / seconds if seconds > 0 else None


def traffic(families: Iterable[str], since: datetime) -> dict[str, Traffic]:
    """One query for all of them: raw samples for the last hour, minutes' means for longer."""
    names = tuple(families)
    width = 0 if timezone.now() - since <= RAW_FOR else MINUTE
    rows = Sample.objects.filter(probe=PROBE, width_seconds=width, at__gte=since).order_by("at")
    counted = rows.filter(values__has_any_keys=[f"{name}:hits_total" for name in names])
    points = [Point(at, values) for at, values in counted.values_list("at", "values")]
    return {name: _of(name, points) for name in names}


def _of(family: str, points: list[Point]) -> Traffic:
    found = gathered(points, [f"{family}:{event}" for event in EVENTS])
    return Traffic(*(found[f"{family}:{event}"] for event in EVENTS))
