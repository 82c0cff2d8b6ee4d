"""Plots about shards: pure functions from series to Plotly figures."""

from collections.abc import Mapping

from metrics.charts import Figure, figure, line, with_gaps
from metrics.rates import per_second
from metrics.series import Series
from metrics.thresholds import LAG_CRITICAL_SECONDS

GAP_SECONDS = 30.0
Named = Mapping[str, Series]


def lag_seconds(members: Named) -> Figure:
    """Replay lag of each standby, with the line from which it is critical once it comes near."""
    drawn = figure(_lines(members), "Seconds", ticksuffix=" s")
    highest = max((value for series in members.values() for value in series.known), default=0.0)
    if highest > LAG_CRITICAL_SECONDS / 4:
        drawn["layout"]["shapes"] = [_limit(LAG_CRITICAL_SECONDS)]
    return drawn


def held_bytes(members: Named) -> Figure:
    """The WAL that replication slots hold on each member."""
    return figure(_lines(members), "Bytes", tickformat="~s", ticksuffix="B")


def write_rate(members: Named) -> Figure:
    """Rows written per second on each member; only a leader writes."""
    return figure(_lines({name: per_second(series) for name, series in members.items()}), "Rows per second")


def wal_rate(members: Named) -> Figure:
    """Bytes of WAL that each member wrote, or received, per second."""
    rates = {name: per_second(series) for name, series in members.items()}
    return figure(_lines(rates), "Bytes per second", tickformat="~s", ticksuffix="B/s")


def counts(named: Named) -> Figure:
    return figure(_lines(named), "Count")


def per_second_of(counters: Named) -> Figure:
    return figure(_lines({name: per_second(series) for name, series in counters.items()}), "Per second")


def milliseconds(named: Named) -> Figure:
    return figure(_lines(named), "Milliseconds", ticksuffix=" ms")


def _lines(members: Named) -> list[Figure]:
    known = {name: series for name, series in sorted(members.items()) if series.known}
    return [
        line(name, with_gaps(series, GAP_SECONDS), index, fill=len(known) == 1)
        for index, (name, series) in enumerate(known.items())
    ]


def _limit(value: float) -> dict[str, object]:
    colour = "var(--critical-mark)"
    across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value}
    return {**across, "line": {"color": colour, "width": 1, "dash": "dot"}}
