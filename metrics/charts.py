"""Plots of samples: pure functions from series to Plotly figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from metrics.rates import per_second
from metrics.series import Series
from metrics.value_names import Unit, label_of

Trace = dict[str, Any]
Figure = dict[str, Any]
POINTS = 360


def with_gaps(series: Series, longest_seconds: float) -> Series:
    """A None between two values that lie further apart: a line must not bridge a time in which nobody asked."""
    times, values = list(series.times[:1]), list(series.values[:1])
    for at, value in zip(series.times[1:], series.values[1:], strict=True):
        if (at - times[-1]).total_seconds() > longest_seconds:
            times.append(times[-1] + (at - times[-1]) / 2)
            values.append(None)
        times.append(at)
        values.append(value)
    return Series(series.name, tuple(times), tuple(values))


def line(name: str, series: Series, index: int, *, fill: bool = False, dash: str = "solid") -> Trace:
    """One line in the house's colours; `index` picks the colour."""
    colour = f"var(--series-{index % 8 + 1})"
    trace: Trace = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [at.strftime("%Y-%m-%d %H:%M:%S") for at in series.times],
        "y": list(series.values),
        "line": {"color": colour, "width": 1.75, "dash": dash},
        "connectgaps": False,
    }
    return trace | ({"fill": "tozeroy", "fillcolor": f"{colour}/0.10"} if fill else {})


def figure(lines: Sequence[Trace], title: str, **axis: Any) -> Figure:
    """Lines over time (UTC), as a Plotly figure that a page can hold."""
    layout = {
        "xaxis": {"type": "date"},
        "yaxis": {"title": {"text": title}, **axis},
        "showlegend": len(lines) > 1,
        "hovermode": "x unified",
    }
    return {"data": list(lines), "layout": layout}


def values_figure(unit: Unit, named: Mapping[str, Series], longest_gap: float) -> Figure:
    """All values of one unit of one server over time; counters as rates."""
    lines = []
    for index, (name, series) in enumerate(sorted(named.items())):
        drawn = per_second(series) if unit.counter else series
        shown = with_gaps(drawn, longest_gap)
        lines.append(line(label_of(name), shown, index, fill=len(named) == 1 and None not in shown.values[1:]))
    title = unit.title if len(named) > 1 or unit.counter else ""
    return figure(lines, title, **({"tickformat": unit.tick_format} if unit.tick_format else {}))
