"""Pages of the act road. What they change, they change through the services, which ask for the right once more."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from novaops.fleets.guards import right_required
from novaops.fleets.models import Person
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.operations import registry, services
from novaops.operations.choices import Status
from novaops.operations.contract import Kind
from novaops.operations.forms import RequestForm, form_for
from novaops.operations.models import Operation
from novaops.operations.pages import page_of
from novaops.operations.problems import Invalid, NotAllowed, Refused
from novaops.operations.selectors import requestable, running_first
from novaops.ui.formats import human_number

PER_PAGE = 50
Service = Callable[[Operation, Person], Operation]


@require_safe
@right_required(Right.VIEW)
def operations(request: FleetRequest) -> HttpResponse:
    query = request.GET
    found = running_first(query.get("status", ""), query.get("kind", ""), query.get("q", "").strip())
    page = Paginator(found, PER_PAGE).get_page(query.get("page"))
    context = {
        "page": page,
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
    return render(request, "operations/operation.html", page_of(found, request.rights))


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
    context = {"kind": wanted, "form": form, "crumbs": crumbs}
    return render(request, "operations/request.html", context, status=422 if form.errors else 200)


@require_POST
@right_required(Right.VIEW)
def confirm_operation(request: FleetRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Operation, pk=pk)
    try:
        services.confirm(found, request.user, request.POST.get("confirmation", ""))
    except (Refused, Invalid) as problem:
        return _refused(request, found, problem)
    return redirect(fleet_path("operation", pk=pk))


@require_POST
@right_required(Right.VIEW)
def cancel_operation(request: FleetRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Operation, pk=pk)
    try:
        found = services.cancel(found, request.user)
    except (Refused, Invalid) as problem:
        return _refused(request, found, problem)
    stopping = f"Operation {pk} stops at its next safe point."
    messages.success(request, f"Operation {pk} is cancelled." if found.state.terminal else stopping)
    return redirect(fleet_path("operation", pk=pk))


@require_POST
@right_required(Right.VIEW)
def pause_operation(request: FleetRequest, pk: int) -> HttpResponse:
    return _asked(request, pk, services.pause, f"Operation {pk} rests at its next safe point.")


@require_POST
@right_required(Right.VIEW)
def resume_operation(request: FleetRequest, pk: int) -> HttpResponse:
    return _asked(request, pk, services.resume, f"Operation {pk} goes on.")


def _asked(request: FleetRequest, pk: int, service: Service, said: str) -> HttpResponse:
    found = get_object_or_404(Operation, pk=pk)
    try:
        service(found, request.user)
    except (Refused, Invalid) as problem:
        return _refused(request, found, problem)
    messages.success(request, said)
    return redirect(fleet_path("operation", pk=pk))


def _refused(request: FleetRequest, found: Operation, problem: Exception) -> HttpResponse:
    """403 for a missing right; otherwise back to the operation, with the reason."""
    if isinstance(problem, NotAllowed):
        raise PermissionDenied(str(problem)) from problem
    messages.error(request, str(problem))
    return redirect(fleet_path("operation", pk=found.pk))


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
