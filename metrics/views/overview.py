"""Is the fleet well, and if not, what first?"""

from collections.abc import Collection
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from metrics import findings, selectors
from metrics.contract import Finding
from metrics.overview import groups, limit_of, verdict
from metrics.tiles import Tile, tiles
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.operations.models import Operation
from novaops.operations.request_forms import form_address, kinds_of

SPARK_SECONDS = 600.0
OPERATIONS = 6


@dataclass(frozen=True, slots=True)
class FindingShown:
    """`form` is the filled-in request of what mends it; empty where nothing does, or the reader may not request it."""

    finding: Finding
    href: str
    form: str = ""

    @property
    def id(self) -> str:
        return "finding-" + "".join(c if c.isalnum() or c == "-" else "-" for c in self.finding.key)


@dataclass(frozen=True, slots=True)
class TileShown:
    tile: Tile
    href: str
    limit: float


@require_safe
@right_required(Right.VIEW)
def overview(request: FleetRequest) -> HttpResponse:
    seen, can = selectors.snapshot(), kinds_of(request.rights)
    found = findings.current(seen, seen.at)
    shown_groups = groups(seen)
    answered = sum(group.healthy for group in shown_groups)
    context = {
        "verdict": verdict(seen, found, seen.at),
        "findings": [FindingShown(one, address(one), form_of(one, can)) for one in found],
        "tiles": [
            TileShown(tile, fleet_path(tile.page), tile.limit or limit_of(seen)) for tile in tiles(seen, SPARK_SECONDS)
        ],
        "groups": shown_groups,
        "answered": f"{answered} of {len(seen.servers)} healthy" if seen.servers else "",
        "operations": Operation.objects.defer("plan_json")[:OPERATIONS],
        "operations_href": fleet_path("operations"),
    }
    return render(request, "metrics/overview.html", context)


def address(finding: Finding) -> str:
    """Where a finding's link leads."""
    return fleet_path(finding.page) + (f"#{finding.anchor}" if finding.anchor else "")


def form_of(finding: Finding, can: Collection[str]) -> str:
    remedy = finding.remedy
    return form_address(remedy.kind, remedy.parameters) if remedy and remedy.kind in can else ""
