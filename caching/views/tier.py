"""One tier's page. It reads what is stored and asks no server."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from caching import charts
from caching.library.families import Tier
from caching.selectors.readers import readers
from caching.selectors.tier_page import tier_page
from caching.views.common import found_on, measured, shared, span_of
from caching.views.hot import used_by, without_use
from caching.views.plots import plots
from metrics.selectors import snapshot
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right

TIERS = {"l1": Tier.L1, "l2": Tier.L2}
TITLES = {Tier.L1: "L1, Redis Cluster", Tier.L2: "L2, Memcached"}
LEADS = {
    Tier.L1: "Hot objects, sessions, permissions and live metrics. Rates are of the last five minutes.",
    Tier.L2: "Query results, totals and answers of the API. Rates are of the last five minutes.",
}
SUBJECTS = {Tier.L1: "redis", Tier.L2: "memcached"}


@require_safe
@right_required(Right.VIEW)
def tier(request: FleetRequest, tier: str) -> HttpResponse:
    if tier not in TIERS:
        raise Http404(f"There is no tier named {tier}: l1 and l2.")
    one, seen = TIERS[tier], snapshot()
    span = span_of(request, seen)
    page = tier_page(seen, one, span.since)
    of_families = {row.family.name for row in page.families}
    context = shared(seen, TITLES[one]) | {
        "title": TITLES[one],
        "lead": LEADS[one],
        "crumbs": [("Caches", fleet_path("caches")), (one.value, "")],
        "tier": page,
        "page": page.both,
        "found": [found for found in found_on(seen) if of_tier(found.subject, one)],
        "hot": [row for row in readers(seen).hot if row.family in of_families][:10],
        "used_by": used_by(page.contents),
        "without_use": without_use(page.both.redis) if one is Tier.L1 else "",
        "measured": measured(page.contents),
        "by_node": charts.ratios(page.ratios),
        "plots": plots(page.measures),
        "spans": span.links,
    }
    return render(request, "caching/tier.html", context)


def of_tier(subject: str, tier: Tier) -> bool:
    """Subjects are nodes' names, the kind of server, or a tier with a family."""
    return subject.startswith((tier.value, SUBJECTS[tier]))
