"""The page of leftovers. It reads what is stored and asks no server."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from metrics.contract.snapshot import OLD_AFTER_CYCLES
from metrics.selectors import snapshot
from novaops.fleets.guards import right_required
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.ui.formats import human_number
from shards.leftovers.page import SORTS, chosen, looked, row, totals, verdict
from shards.leftovers.probes import EVERY, ROWS_EVERY
from shards.leftovers.removal.kinds import LeftoverDelete, LeftoverRemove
from shards.leftovers.selectors import stored

PER_PAGE = 50


@require_safe
@right_required(Right.VIEW)
def leftovers(request: FleetRequest) -> HttpResponse:
    seen, query = snapshot(), request.GET
    several, shards = stored(seen), looked(seen)
    few = chosen(several, query.get("q", "").strip(), query.get("shard", ""), query.get("sort", ""))
    page = Paginator(few, PER_PAGE).get_page(query.get("page"))
    context = {
        "page": page,
        "rows": [row(one) for one in page],
        "count": f"{human_number(len(few))} leftovers",
        "query": query,
        "filtered": len(few) != len(several),
        "sorts": SORTS,
        "shards": shards,
        "totals": totals(several),
        "verdict": verdict(several, shards),
        "newest": min((one.things.good_at for one in shards if one.things and one.things.good_at), default=None),
        "limit": OLD_AFTER_CYCLES * EVERY,
        "rows_limit": OLD_AFTER_CYCLES * ROWS_EVERY,
        "kinds": {kind.name for kind in (LeftoverRemove, LeftoverDelete) if kind.right in request.rights},
    }
    return render(request, "leftovers/leftovers.html", context)
