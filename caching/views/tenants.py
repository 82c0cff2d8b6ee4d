"""Which tenants read through the caches, and one tenant's reads. These pages read what is stored and ask no server."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from caching import charts
from caching.library.keys import pattern
from caching.selectors.readers import readers, tenant_over_time
from caching.views.common import shared, span_of
from metrics.selectors import snapshot
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from shards.placement.selectors import placement

SHOWN = 50


@require_safe
@right_required(Right.VIEW)
def tenants(request: FleetRequest) -> HttpResponse:
    seen = snapshot()
    found = readers(seen)
    context = shared(seen, "Tenants") | {"readers": found, "rows": found.tenants[:SHOWN], "hot": found.hot[:10]}
    return render(request, "caching/tenants.html", context)


@require_safe
@right_required(Right.VIEW)
def tenant(request: FleetRequest, tenant_id: str) -> HttpResponse:
    """Of those that are placed here or read lately; who read nothing has a page that says so."""
    seen, name = snapshot(), tenant_id.replace("\x00", "")
    span, found = span_of(request, seen), readers(seen)
    if not found.of_tenant(name) and placement(name) is None:
        raise Http404(f"No tenant named {name} is placed on this fleet or has read lately.")
    context = shared(seen, "") | {
        "tenant": name,
        "readers": found,
        "whole": next((row for row in found.tenants if row.tenant == name), None),
        "rows": found.of_tenant(name),
        "hot": found.hot_of(tenant=name)[:10],
        "traffic": charts.lines(
            tenant_over_time(name, span.since, seen.at), "", tickformat=",.2~f", rangemode="tozero"
        ),
        "pattern": f"*{pattern('', name)}",
        "crumbs": [("Caches", fleet_path("caches")), ("Tenants", fleet_path("cache-tenants")), (name, "")],
        "spans": span.links,
    }
    return render(request, "caching/tenant.html", context)
