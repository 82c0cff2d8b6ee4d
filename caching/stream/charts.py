"""The plots of the change stream: pure functions from series to figures."""

from collections.abc import Mapping

from caching.charts import points
from metrics.charts import Figure, figure, line
from metrics.rates import per_second
from metrics.series import Series

GAP_SECONDS = 60.0


def lines(named: Mapping[str, Series], title: str, counters: bool = False, **axis: object) -> Figure:
    drawn = [
        line(name, points(per_second(series) if counters else series, GAP_SECONDS), index)
        for index, (name, series) in enumerate(named.items())
    ]
    return figure(drawn, title, **axis)


def delay(named: Mapping[str, Series]) -> Figure:
    """From commit until published, or until forgotten."""
    return lines(named, "seconds", rangemode="tozero")


def held(named: Mapping[str, Series]) -> Figure:
    return lines(named, "bytes", tickformat="~s", rangemode="tozero")


def backlog(named: Mapping[str, Series]) -> Figure:
    return lines(named, "notices", rangemode="tozero")


def invalidations(named: Mapping[str, Series]) -> Figure:
    return lines(named, "per second", counters=True, rangemode="tozero")


def changes(named: Mapping[str, Series]) -> Figure:
    return lines(named, "VMs per minute", rangemode="tozero")
