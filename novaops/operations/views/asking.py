"""The list of operations, and the page of one."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from novaops.fleets.guards import right_required
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.operations import registry
from novaops.operations.acknowledging import unacknowledged
from novaops.operations.choices import Status
from novaops.operations.how_far import how_far_each, state_of
from novaops.operations.models import Operation
from novaops.operations.pages import page_of
from novaops.operations.selectors import requestable, running_first, waiting_for_me
from novaops.ui.formats import human_number

PER_PAGE = 50


@require_safe
@right_required(Right.VIEW)
def operations(request: FleetRequest) -> HttpResponse:
    query, mine = request.GET, waiting_for_me(request.user, request.rights)
    found = running_first(query.get("status", ""), query.get("kind", ""), query.get("q", "").strip(), first=mine)
    page = Paginator(found, PER_PAGE).get_page(query.get("page"))
    where = how_far_each(page)
    context = {
        "page": page,
        "rows": [(one, state_of(one), where.get(one.pk, "")) for one in page],
        "mine": mine,
        "unacknowledged": unacknowledged(),
        "count": f"{human_number(page.paginator.count)} operations",
        "kinds": registry.kinds(),
        "requestable": requestable(request.rights),
        "statuses": Status,
        "query": query,
    }
    return render(request, "operations/operations.html", context)


@require_safe
@right_required(Right.VIEW)
def operation(request: FleetRequest, pk: int) -> HttpResponse:
    """The plan with its confirmation, then the steps as they are carried out."""
    found = get_object_or_404(Operation, pk=pk)
    return render(request, "operations/operation.html", page_of(found, request.user, request.rights))
