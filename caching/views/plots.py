"""Figures of nodes over time, as cards of a page."""

from collections.abc import Iterable
from dataclasses import dataclass

from caching import charts
from caching.selectors.over_time import Lines, Measure
from metrics.charts import Figure

GAP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Plot:
    id: str
    title: str
    hint: str
    figure: Figure


def plots(measures: Iterable[tuple[Measure, Lines]]) -> tuple[Plot, ...]:
    return tuple(
        Plot(
            f"plot-{measure.key}",
            measure.title,
            measure.unit,
            charts.lines(named, "", GAP_SECONDS, tickformat=measure.tick, rangemode="tozero"),
        )
        for measure, named in measures
    )
