"""The list, the page of one operation, and the form that requests one."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.operations import registry, services
from novaops.operations.acknowledging import unacknowledged
from novaops.operations.choices import Status
from novaops.operations.contract import Kind
from novaops.operations.forms import RequestForm, form_for
from novaops.operations.freezes import frozen_at
from novaops.operations.models import Operation
from novaops.operations.pages import page_of
from novaops.operations.policies import rule_of
from novaops.operations.problems import Invalid, NotAllowed
from novaops.operations.selectors import requestable, running_first, waiting_for_me
from novaops.ui.formats import human_number

PER_PAGE = 50


@require_safe
@right_required(Right.VIEW)
def operations(request: FleetRequest) -> HttpResponse:
    query, mine = request.GET, waiting_for_me(request.user, request.rights)
    found = running_first(query.get("status", ""), query.get("kind", ""), query.get("q", "").strip(), first=mine)
    page = Paginator(found, PER_PAGE).get_page(query.get("page"))
    context = {
        "page": page,
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


@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.VIEW)
def request_operation(request: FleetRequest, kind: str) -> HttpResponse:
    """The form of a kind; sending it makes a plan, which changes nothing yet."""
    wanted = _kind_or_404(kind)
    try:
        services.demand_right(wanted, request.user, f"kind:{wanted.name}")
    except NotAllowed as problem:
        raise PermissionDenied(str(problem)) from problem
    form = form_for(wanted)(request.POST or None, initial=request.GET.dict())
    planned = _planned(request, wanted, form) if request.method == "POST" and form.is_valid() else None
    if planned:
        return redirect(fleet_path("operation", pk=planned.pk))
    crumbs = [("Operations", fleet_path("operations")), (wanted.title, "")]
    context = {
        "kind": wanted,
        "form": form,
        "crumbs": crumbs,
        "rule": rule_of(wanted.risk),
        "frozen": frozen_at(wanted.risk, timezone.now()),
    }
    return render(request, "operations/request.html", context, status=422 if form.errors else 200)


def _planned(request: FleetRequest, kind: Kind[Any], form: RequestForm) -> Operation | None:
    """The stored plan; None when the parameters are wrong, and then the form says which."""
    values = form.cleaned_data
    try:
        return services.request(kind.name, form.parameters, request.user, values["reason"], values["ticket"])
    except Invalid as problem:
        form.add_problems(str(problem), problem.fields)
        return None


def _kind_or_404(name: str) -> Kind[Any]:
    try:
        return registry.kind(name)
    except KeyError:
        raise Http404(f"There is no kind of operation named {name}.") from None
