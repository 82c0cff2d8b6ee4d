"""Tenant placement: which tenant lives where, and one tenant's page."""

from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.inventory import selectors as inventory
from novaops.ui.formats import human_number
from shards.moves.selectors import by_epoch, open_move_of
from shards.placement.models import Isolation, Placement
from shards.placement.selectors import history, placement
from shards.selectors import tenants as find

PER_PAGE = 50
COUNTED_LIMIT = 300.0
WHERE = {Isolation.ROWS: "the tables that tenants share", Isolation.SCHEMA: "a schema of its own"}


@require_safe
@right_required(Right.VIEW)
def tenants(request: FleetRequest) -> HttpResponse:
    query = request.GET
    asked = {name: clean(query.get(name, "")) for name in ("q", "shard", "isolation", "sort")}
    found = find(asked["q"], asked["shard"], asked["isolation"], asked["sort"] or "tenant")
    page = Paginator(found, PER_PAGE).get_page(query.get("page"))
    context = {
        "page": page,
        "count": f"{human_number(page.paginator.count)} tenants",
        "shards": [shard.name for shard in inventory.shards()],
        "isolations": Isolation.choices,
        "query": query,
        "filtered": any(query.get(name) for name in ("q", "shard", "isolation")),
        "limit": COUNTED_LIMIT,
    }
    return render(request, "shards/tenants.html", context)


@require_safe
@right_required(Right.VIEW)
def tenant(request: FleetRequest, tenant_id: str) -> HttpResponse:
    found = placement(clean(tenant_id))
    if found is None:
        raise Http404(f"No tenant named {tenant_id} is placed on this fleet.")
    moved = by_epoch(found.tenant_id)
    context = {
        "tenant": found,
        "history": [(one, moved.get(one.epoch)) for one in history(found.tenant_id)],
        "open_move": open_move_of(found.tenant_id),
        "may_move": Right.CHANGE_PLACEMENT in request.rights,
        "share": share(found),
        "lead": f"Lives on {found.shard.name}, in {WHERE[Isolation(found.isolation)]}.",
        "epoch_note": f"epoch {found.epoch}",
        "limit": COUNTED_LIMIT,
        "crumbs": [("Tenants", fleet_path("tenants")), (tenant_id, "")],
    }
    return render(request, "shards/tenant.html", context)


def clean(text: str) -> str:
    """PostgreSQL knows no NUL in a text."""
    return text.replace("\x00", "").strip()


def share(found: Placement) -> float | None:
    """The tenant's part of all bytes that are counted on its shard, 0 to 1."""
    whole = Placement.objects.filter(shard=found.shard).aggregate(whole=Sum("bytes"))["whole"]
    return found.bytes / int(whole) if found.bytes is not None and whole else None
