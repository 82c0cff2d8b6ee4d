"""The nodes of a tier over time: a table of what is plotted, and the lines of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from caching.facts import RedisFacts
from caching.selectors.rates import PLOT_POINTS
from caching.smoothing import smooth_rate, smooth_ratio
from metrics.contract import Seen
from metrics.selectors import many_series
from metrics.series import Series, thinned

Lines = dict[str, Series]


@dataclass(frozen=True, slots=True)
class Measure:
    """One plot. `names` of the probe's values are added up; counters are plotted per second. `tick` is d3's format."""

    key: str
    title: str
    probe: str
    names: tuple[str, ...]
    tick: str = ",.2~f"
    unit: str = ""

    @property
    def counter(self) -> bool:
        return self.names[0].endswith("_total")


REDIS_MEASURES = (
    Measure("operations", "Operations", "redis", ("commands_total",), unit="per second"),
    Measure("memory", "Memory", "redis", ("memory_bytes",), "~s", "bytes"),
    Measure("fragmentation", "Fragmentation", "redis", ("fragmentation",), ".2~f", "memory taken per memory used"),
    Measure("evictions", "Evictions", "redis", ("evicted_total",), unit="per second"),
    Measure("expirations", "Expirations", "redis", ("expired_total",), unit="per second"),
    Measure("connections", "Connections", "redis", ("clients",)),
    Measure("network", "Network", "redis", ("bytes_out_total",), "~s", "bytes sent per second"),
    Measure("ping", "Latency of a PING", "redis-commands", ("ping_ms",), ".2~f", "ms, from the console"),
)
MEMCACHED_MEASURES = (
    Measure("operations", "Operations", "memcached", ("gets_total", "sets_total"), unit="gets and sets per second"),
    Measure("memory", "Memory", "memcached", ("bytes",), "~s", "bytes"),
    Measure("waste", "Wasted in slabs", "memcached", ("wasted_bytes",), "~s", "bytes that chunks in use do not hold"),
    Measure("evictions", "Evictions", "memcached", ("evictions_total",), unit="per second"),
    Measure("expirations", "Expired unread", "memcached", ("expired_unfetched_total",), unit="per second"),
    Measure("connections", "Connections", "memcached", ("connections",)),
    Measure("items", "Items", "memcached", ("items",), "~s"),
    Measure("ping", "Latency", "memcached", ("ping_ms",), ".2~f", "ms, a connection and an empty question"),
)


def serving(several: Sequence[Seen]) -> tuple[Seen, ...]:
    """Without replicas: they are not read through the library, and their ratio says nothing."""
    return tuple(one for one in several if not isinstance(one.facts, RedisFacts) or one.facts.leads)


def node_ratios(several: Sequence[Seen], probe: str, since: datetime) -> Lines:
    """Hit ratio of each node by name."""
    known = many_series([one.server.id for one in several], probe, ("hits_total", "misses_total"), since)
    by_name = {one.server.name: known[one.server.id] for one in several}
    return {
        name: smooth_ratio(series["hits_total"], series["misses_total"], PLOT_POINTS)
        for name, series in by_name.items()
    }


def nodes_over_time(several: Sequence[Seen], measures: Sequence[Measure], since: datetime) -> dict[str, Lines]:
    """The lines of each measure, by its key, of each node by name: one query per probe."""
    ids = [one.server.id for one in several]
    known = {
        probe: many_series(ids, probe, [name for one in measures if one.probe == probe for name in one.names], since)
        for probe in dict.fromkeys(one.probe for one in measures)
    }
    return {
        measure.key: {one.server.name: drawn(measure, known[measure.probe][one.server.id]) for one in several}
        for measure in measures
    }


def drawn(measure: Measure, series: Mapping[str, Series]) -> Series:
    lines = [
        smooth_rate(series[name], PLOT_POINTS) if measure.counter else thinned(series[name], PLOT_POINTS)
        for name in measure.names
    ]
    return lines[0] if len(lines) == 1 else _sum(lines)


def _sum(lines: Sequence[Series]) -> Series:
    columns = zip(*(one.values for one in lines), strict=True)
    sums = tuple(None if None in column else sum(one for one in column if one is not None) for column in columns)
    return Series(lines[0].name, lines[0].times, sums)
