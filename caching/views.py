"""The page about both cache tiers. It reads what is stored and asks no server."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from caching import charts
from caching.library.families import FAMILIES
from caching.selectors import PLOT_POINTS, node_ratios, page
from caching.traffic import traffic
from metrics import findings
from metrics.contract.snapshot import OLD_AFTER_CYCLES
from metrics.selectors import snapshot
from metrics.thresholds import HIT_RATIO_CRITICAL, MEMORY_WARNING
from novaops.fleets.guards import right_required
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right

SPANS = {"30m": ("30 minutes", 30), "6h": ("6 hours", 360), "24h": ("24 hours", 1440)}


@require_safe
@right_required(Right.VIEW)
def caches(request: FleetRequest) -> HttpResponse:
    chosen = request.GET.get("span", "")
    span = chosen if chosen in SPANS else "30m"
    seen = snapshot()
    since = seen.at - timedelta(minutes=SPANS[span][1])
    per_family = {name: one.ratios(PLOT_POINTS) for name, one in traffic(FAMILIES, since).items()}
    spans = [(key, label, key == span) for key, (label, _) in SPANS.items()]
    context = {
        "page": page(seen),
        "found": [one for one in findings.current(seen, seen.at) if one.page == "caches"],
        "by_family": charts.ratios(per_family),
        "by_node": charts.ratios(node_ratios(seen, since)),
        "spans": render_to_string("caching/_spans.html", {"spans": spans}),
        "limit": seen.cycle_seconds * OLD_AFTER_CYCLES,
        "ratio_critical": HIT_RATIO_CRITICAL,
        "ratio_warning": HIT_RATIO_CRITICAL + 0.1,
        "memory_warning": MEMORY_WARNING,
    }
    return render(request, "caching/caches.html", context)
