"""The page about both cache tiers. It reads what is stored and asks no server."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from caching import charts
from caching.library.families import FAMILIES
from caching.selectors.invalidations import counted, lines, per_second
from caching.selectors.over_time import node_ratios, serving
from caching.selectors.overview import page
from caching.selectors.rates import NOW_SECONDS, PLOT_POINTS
from caching.traffic import traffic
from caching.views.common import found_on, shared, span_of
from metrics.selectors import snapshot
from novaops.fleets.guards import right_required
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right


@require_safe
@right_required(Right.VIEW)
def caches(request: FleetRequest) -> HttpResponse:
    seen = snapshot()
    span = span_of(request, seen)
    per_family = {name: one.ratios(PLOT_POINTS) for name, one in traffic(FAMILIES, span.since).items()}
    per_node = {
        name: series
        for probe in ("redis", "memcached")
        for name, series in node_ratios(serving(seen.of_probe(probe)), probe, span.since).items()
    }
    invalidated = counted(span.since, seen.at)
    context = shared(seen, "Both tiers") | {
        "page": page(seen),
        "found": found_on(seen),
        "by_family": charts.ratios(per_family),
        "by_node": charts.ratios(per_node),
        "invalidated": charts.lines(lines(invalidated), "", tickformat=",.2~f", rangemode="tozero"),
        "invalidations": per_second(counted(seen.at - timedelta(seconds=NOW_SECONDS), seen.at)),
        "spans": span.links,
    }
    return render(request, "caching/caches.html", context)
