"""One server: its readings, what it said last, its values over the last hour. Asks no server."""

from collections.abc import Sequence
from datetime import timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from metrics import selectors
from metrics.contract import Seen, ServerSeen, Snapshot
from metrics.server_page import PlotShown, causes, fullest_first, plots
from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.inventory.models import ServerKind

PLOTTED = timedelta(minutes=30)
GAP_CYCLES = 4


@require_safe
@right_required(Right.VIEW)
def server(request: FleetRequest, kind: str, name: str) -> HttpResponse:
    seen = selectors.snapshot()
    found = next((one for one in seen.servers_of(kind) if one.name == name), None)
    if found is None:
        raise Http404(f"This fleet has no {kind} server named {name}.")
    readings = [one for one in seen.readings if one.server.id == found.id]
    context = {
        "server": found,
        "kind": ServerKind(found.kind).label,
        "state": seen.state_of(found).value,
        "lead": lead(found),
        "crumbs": [("Overview", fleet_path("overview")), (ServerKind(found.kind).label, ""), (found.name, "")],
        "causes": causes(readings),
        "readings": fullest_first(readings),
        "plots": _plots(seen, readings),
    }
    return render(request, "metrics/server.html", context)


def lead(server: ServerSeen) -> str:
    of_shard = f" of {server.shard}" if server.shard else ""
    return f"{ServerKind(server.kind).label}{of_shard}, at {server.address}."


def _plots(seen: Snapshot, readings: Sequence[Seen]) -> list[PlotShown]:
    drawn: list[PlotShown] = []
    for one in readings:
        found = selectors.series(one.server.id, one.probe, sorted(one.values), seen.at - PLOTTED)
        drawn += plots(one.probe, found, GAP_CYCLES * one.every_seconds)
    return drawn
