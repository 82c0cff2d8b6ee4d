"""What shards carry beside what they should, as Plotly figures. Pure."""

from collections.abc import Sequence

from metrics.charts import Figure, Trace
from shards.rebalancing.answer import ShardShare


def shares_figure(before: Sequence[ShardShare], after: Sequence[ShardShare] = ()) -> Figure:
    """Bars of each shard's part of the load, now and after the moves; a mark where its fair part is."""
    names = [share.name for share in before]
    data: list[Trace] = [_bars("Now", before, "var(--series-1)")]
    if after:
        data.append(_bars("After", after, "var(--series-3)"))
    data.append(
        {
            "type": "scatter",
            "mode": "markers",
            "name": "Its share",
            "x": names,
            "y": [share.fair for share in before],
            "marker": {"symbol": "line-ew-open", "size": 28, "color": "var(--text)", "line": {"width": 2}},
            "hovertemplate": "%{y:.1%}",
        }
    )
    layout = {
        "barmode": "group",
        "xaxis": {"type": "category"},
        "yaxis": {"title": {"text": "Part of the load"}, "tickformat": ".0%", "rangemode": "tozero"},
        "hovermode": "x unified",
        "showlegend": True,
    }
    return {"data": data, "layout": layout}


def _bars(name: str, shares: Sequence[ShardShare], colour: str) -> Trace:
    return {
        "type": "bar",
        "name": name,
        "x": [share.name for share in shares],
        "y": [round(share.load, 5) for share in shares],
        "marker": {"color": colour},
        "hovertemplate": "%{y:.1%}",
    }
