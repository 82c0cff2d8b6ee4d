"""The plots of the caches page: pure functions from series to figures."""

from collections.abc import Mapping

from metrics.charts import Figure, figure, line, with_gaps
from metrics.series import Series
from metrics.thresholds import HIT_RATIO_CRITICAL

GAP_SECONDS = 60.0


def points(series: Series, longest_gap: float) -> Series:
    step = (series.times[1] - series.times[0]).total_seconds() if len(series.times) > 1 else 0
    return with_gaps(series, max(longest_gap, step * 3))


def ratios(named: Mapping[str, Series], longest_gap: float = GAP_SECONDS) -> Figure:
    """Hit ratios over time, 0 to 100 %, with the line below which it is critical."""
    lines = [line(name, points(series, longest_gap), index) for index, (name, series) in enumerate(named.items())]
    shown = [one for one in lines if any(value is not None for value in one["y"])]
    drawn = figure(shown, "", tickformat=".0%", range=[0, 1.02])
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
