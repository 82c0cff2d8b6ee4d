"""The plots of the pages about caches: pure functions from series to figures."""

from collections.abc import Mapping

from metrics.charts import Figure, figure, line, with_gaps
from metrics.series import Series
from metrics.thresholds import HIT_RATIO_CRITICAL

GAP_SECONDS = 60.0


def points(series: Series, longest_gap: float) -> Series:
    step = (series.times[1] - series.times[0]).total_seconds() if len(series.times) > 1 else 0
    return with_gaps(series, max(longest_gap, step * 3))


def lines(named: Mapping[str, Series], title: str = "", longest_gap: float = GAP_SECONDS, **axis: object) -> Figure:
    """A line for each that has a value at all, in colours that stay with their places."""
    drawn = [line(name, points(series, longest_gap), index) for index, (name, series) in enumerate(named.items())]
    return figure([one for one in drawn if any(value is not None for value in one["y"])], title, **axis)


def ratios(named: Mapping[str, Series], longest_gap: float = GAP_SECONDS) -> Figure:
    """Hit ratios over time, 0 to 100 %, with the line below which it is critical."""
    drawn = lines(named, "", longest_gap, tickformat=".0%", range=[0, 1.02])
    drawn["layout"]["shapes"] = [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": HIT_RATIO_CRITICAL,
            "y1": HIT_RATIO_CRITICAL,
            "line": {"color": "var(--critical-mark)", "width": 1, "dash": "dot"},
        }
    ]
    return drawn
