"""A Plotly figure as JSON that may stand in a page. Colours may be tokens, written as "var(--series-1)"."""

import json
from typing import Any

from django.utils.safestring import SafeString, mark_safe

_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


def as_dict(figure: Any) -> dict[str, Any]:
    """A figure given as dict, as JSON text, or as plotly.graph_objects.Figure, without Plotly's default template."""
    if hasattr(figure, "to_json"):
        figure = figure.to_json()
    if isinstance(figure, str | bytes):
        figure = json.loads(figure)
    layout = {name: value for name, value in figure.get("layout", {}).items() if name != "template"}
    return {**figure, "layout": layout}


def points(figure: dict[str, Any]) -> int:
    """How many points a figure has; a figure without any is shown as a sentence."""
    return sum(len(trace.get("y") or trace.get("values") or ()) for trace in figure.get("data", ()))


def script_json(figure: dict[str, Any]) -> SafeString:
    text = json.dumps(figure, default=str, separators=(",", ":"), allow_nan=False)
    return mark_safe(text.translate(_ESCAPES))  # noqa: S308 - cannot close the script element: <, > and & are escaped
