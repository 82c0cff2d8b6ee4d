"""One family's page. It reads what is stored and asks no server."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from caching import charts
from caching.library.families import FAMILIES, Family
from caching.selectors.cost import loads
from caching.selectors.family_page import FamilyPage, family_page
from caching.selectors.readers import readers
from caching.views.common import found_on, measured, shared, span_of
from caching.views.hot import used_by
from metrics.selectors import snapshot
from metrics.thresholds import HIT_RATIO_CRITICAL
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.ui.formats import duration, human_bytes, percent, rate


@require_safe
@right_required(Right.VIEW)
def family(request: FleetRequest, name: str) -> HttpResponse:
    known = FAMILIES.get(name)
    if known is None:
        raise Http404(f"There is no family named {name}: {', '.join(FAMILIES)}.")
    seen = snapshot()
    span = span_of(request, seen)
    page = family_page(seen, name, span.since)
    tier, noted = known.tier.value, readers(seen)
    context = shared(seen, "") | {
        "family": page,
        "lead": lead(known),
        "crumbs": [("Caches", fleet_path("caches")), (tier, fleet_path("cache-tier", tier=tier.lower())), (name, "")],
        "used_by": used_by(page.contents),
        "measured": measured(page.contents),
        "keys_note": "counted" if page.row.exact else "sampled and scaled up",
        "bytes_note": f"{human_bytes(page.mean_bytes)} each, as measured" if page.mean_bytes else "",
        "cost_note": cost_note(page),
        "near_note": near_note(page),
        "rows": noted.of_family(name)[:10],
        "hot": noted.hot_of(name)[:10],
        "found": [one for one in found_on(seen) if f"“{name}”" in one.subject],
        "ratio": charts.ratios({name: page.ratio}),
        "traffic": charts.lines(page.lines, "", tickformat=",.2~f", rangemode="tozero"),
        "spans": span.links,
    }
    return render(request, "caching/family.html", context)


def lead(family: Family) -> str:
    backing = f" After a miss, {family.backing}: in L2 is asked." if family.backing else ""
    return f"{family.meaning}; kept in {family.tier.value} for {duration(family.ttl)}.{backing}"


def near_note(page: FamilyPage) -> str:
    if not page.family.near:
        return "this family is not kept there"
    served = page.row.now.near_per_second
    return f"{rate(served)}, no server asked" if served else ""


def cost_note(page: FamilyPage) -> str:
    """What the number of reads from the database means for this family."""
    if page.row.cost.reads is None and page.family.backing:
        return f"after a miss {page.family.backing}: is asked first"
    if page.row.cost.avoidable:
        return f"{rate(page.row.cost.avoidable)} fewer at {percent(HIT_RATIO_CRITICAL, 0)} hits"
    return "" if loads(page.family) else "nothing loads it"
