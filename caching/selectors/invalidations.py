"""Invalidations per second, by how wide they were: an entry, a VM, a tenant, a family, a shard."""

from collections.abc import Mapping
from datetime import datetime

from caching.selectors.rates import PLOT_POINTS
from caching.smoothing import smooth_rate
from caching.traffic import PROBE, rate_over
from metrics.models import Sample
from metrics.selectors import RAW_FOR
from metrics.series import MINUTE, Point, Series, gathered

SCOPES = {
    "vm": "of a VM",
    "entry": "of an entry",
    "tenant": "of a tenant",
    "family": "of a family",
    "shard": "of a shard",
}


def counted(since: datetime, now: datetime) -> dict[str, Series]:
    """The counters by scope, of all nodes as one line: one of them holds the hash."""
    names = {scope: f"{scope}:invalidations_total" for scope in SCOPES}
    width = 0 if now - since <= RAW_FOR else MINUTE
    rows = Sample.objects.filter(probe=PROBE, width_seconds=width, at__gte=since).order_by("at")
    holding = rows.filter(values__has_any_keys=list(names.values()))
    points = [Point(at, values) for at, values in holding.values_list("at", "values")]
    found = gathered(points, list(names.values()))
    return {scope: found[name] for scope, name in names.items() if found[name].known}


def per_second(several: Mapping[str, Series]) -> float | None:
    """All scopes together; None where none is counted."""
    rates = [rate for series in several.values() if (rate := rate_over(series)) is not None]
    return sum(rates) if rates else None


def lines(several: Mapping[str, Series]) -> dict[str, Series]:
    return {SCOPES[scope]: smooth_rate(series, PLOT_POINTS) for scope, series in several.items()}
