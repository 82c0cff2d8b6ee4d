"""Moves: the list, and the page of each with what may be turned while it runs."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.inventory import selectors as inventory
from novaops.operations.problems import Invalid, Refused
from novaops.operations.views.answers import refused
from novaops.operations.zones import zone_names
from novaops.ui.formats import human_number
from shards.moves import selectors
from shards.moves.forms import PaceForm
from shards.moves.models import Move, Phase
from shards.moves.page import MoveShown
from shards.moves.turning import turn as turn_move

PER_PAGE = 50
LIMIT = 30.0


@require_safe
@right_required(Right.VIEW)
def moves(request: FleetRequest) -> HttpResponse:
    query, now = request.GET, timezone.now()
    asked = (query.get(name, "").replace("\x00", "").strip() for name in ("q", "phase", "shard"))
    page = Paginator(selectors.moves(*asked), PER_PAGE).get_page(query.get("page"))
    context = {
        "page": page,
        "rows": [MoveShown(move, now) for move in page],
        "count": f"{human_number(page.paginator.count)} moves",
        "query": query,
        "filtered": any(query.get(name) for name in ("q", "phase", "shard")),
        "phases": [("open", "Not over"), *Phase.choices],
        "shards": [shard.name for shard in inventory.shards()],
        "may_move": Right.CHANGE_PLACEMENT in request.rights,
    }
    return render(request, "moves/moves.html", context)


@require_safe
@right_required(Right.VIEW)
def move(request: FleetRequest, pk: int) -> HttpResponse:
    found = _found(pk)
    return _page(request, found, PaceForm.of(found))


@require_POST
@right_required(Right.VIEW)
def turn(request: FleetRequest, pk: int) -> HttpResponse:
    found = _found(pk)
    form = PaceForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    try:
        turn_move(found, form.pace, request.user)
    except Invalid as problem:
        form.add_problems(problem)
        return _page(request, found, form, status=422)
    except Refused as problem:
        return refused(request, fleet_path("move", pk=pk), problem)
    messages.success(request, form.pace.sentence)
    return redirect(fleet_path("move", pk=pk))


def _found(pk: int) -> Move:
    found = selectors.move_of(pk)
    if found is None:
        raise Http404(f"Operation {pk} has moved no tenant of this fleet.")
    return found


def _page(request: FleetRequest, found: Move, form: PaceForm, status: int = 200) -> HttpResponse:
    context = {
        "shown": MoveShown(found, timezone.now()),
        "move": found,
        "form": form,
        "zones": zone_names(),
        "may_move": Right.CHANGE_PLACEMENT in request.rights,
        "events": f"operations operation-{found.operation_id} samples",
        "limit": LIMIT,
        "crumbs": [("Moves", fleet_path("moves")), (found.tenant_id, "")],
    }
    return render(request, "moves/move.html", context, status=status)
