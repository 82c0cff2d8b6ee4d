"""One node's page. It reads what is stored and asks no server."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from caching import charts
from caching.selectors.node_page import NodePage, memory, node_page
from caching.selectors.readers import readers
from caching.selectors.redis import RedisRow
from caching.views.common import found_on, measured, shared, span_of
from caching.views.hot import used_by, without_use
from caching.views.plots import plots
from metrics.selectors import snapshot
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.inventory.models import ServerKind
from novaops.ui.formats import human_bytes, percent

SICK_STEP = "See whether its process runs and its port is reachable; its keys are misses meanwhile."
KINDS = {"redis": ("L1", "l1"), "memcached": ("L2", "l2")}


@require_safe
@right_required(Right.VIEW)
def node(request: FleetRequest, kind: str, name: str) -> HttpResponse:
    seen = snapshot()
    span = span_of(request, seen)
    page = node_page(seen, kind, name, span.since) if kind in KINDS else None
    if page is None:
        raise Http404(f"This fleet has no {kind} server named {name} that was ever asked.")
    label, tier = KINDS[kind]
    context = shared(seen, "") | {
        "node": page,
        "state": page.seen.state.value,
        "lead": lead(page),
        "crumbs": [("Caches", fleet_path("caches")), (label, fleet_path("cache-tier", tier=tier)), (name, "")],
        "memory": memory(page),
        "memory_note": memory_note(page),
        "ratio_note": "" if page.serves else "a replica is not read",
        "ratio_empty": "No values stored yet." if page.serves else "A replica is not read.",
        "ping_ms": page.ping_ms,
        "ping_at": page.commands.at if page.commands.rows else page.seen.good_at,
        "sick_step": SICK_STEP,
        "hot": readers(seen).hot_in(page.row.slots)[:10] if isinstance(page.row, RedisRow) else (),
        "used_by": used_by(page.contents),
        "without_use": without_use([page.row]) if isinstance(page.row, RedisRow) else "",
        "measured": measured(page.contents),
        "found": found_on(seen, name),
        "ratio": charts.ratios(page.ratios),
        "plots": plots(page.measures),
        "spans": span.links,
    }
    return render(request, "caching/node.html", context)


def lead(page: NodePage) -> str:
    return f"{ServerKind(page.seen.server.kind).label}, at {page.seen.server.address}."


def memory_note(page: NodePage) -> str:
    used, limit = memory(page) or (0, 0)
    return f"{percent(used / limit)} of {human_bytes(limit)}" if limit else "no limit"
