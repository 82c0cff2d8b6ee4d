"""The form that requests an operation, with the plan beside it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.operations import registry, services
from novaops.operations.contract import Kind
from novaops.operations.forms import RequestForm, form_for
from novaops.operations.freezes import frozen_at
from novaops.operations.models import Operation
from novaops.operations.policies import rule_of
from novaops.operations.previewing import Preview
from novaops.operations.problems import Incomplete, Invalid, NotAllowed


@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.VIEW)
def request_operation(request: FleetRequest, kind: str) -> HttpResponse:
    """The form of a kind; sending it makes a plan, which changes nothing yet. Sent with `preview` it makes none, and
    the answer shows what the plan would be."""
    wanted = _kind_or_404(kind)
    try:
        services.demand_right(wanted, request.user, f"kind:{wanted.name}")
    except NotAllowed as problem:
        raise PermissionDenied(str(problem)) from problem
    form = form_for(wanted)(request.POST or None, initial=_asked_for(request))
    if "preview" in request.POST:
        return _page(request, wanted, form, _preview(request, wanted, form))
    planned = _planned(request, wanted, form) if request.method == "POST" and form.is_valid() else None
    return redirect(fleet_path("operation", pk=planned.pk)) if planned else _page(request, wanted, form)


def _page(request: FleetRequest, kind: Kind[Any], form: RequestForm, preview: Preview | None = None) -> HttpResponse:
    """The whole page; to a script that asked for the plan alone, what changed on it."""
    context: dict[str, Any] = {"kind": kind, "form": form, "preview": preview}
    if preview and request.headers.get("HX-Request"):
        return render(request, "operations/_preview.html", {**context, "out_of_band": True})
    context |= {
        "crumbs": [("Operations", fleet_path("operations")), (kind.title, "")],
        "rule": rule_of(kind.risk),
        "frozen": frozen_at(kind.risk, timezone.now()),
    }
    return render(request, "operations/request.html", context, status=422 if form.errors else 200)


def _preview(request: FleetRequest, kind: Kind[Any], form: RequestForm) -> Preview:
    missing = form.unfinished()
    if not form.errors and not missing:
        try:
            return services.preview(kind, form.parameters, request.user)
        except Incomplete as problem:
            return Preview("neutral", "Not complete yet", " ".join(problem.fields.values()))
        except Invalid as problem:
            form.add_problems(str(problem), problem.fields)
    if form.errors:
        return Preview(
            "warning", "Not understood", " ".join(map(str, form.non_field_errors())) or "The form says what is wrong."
        )
    return Preview("neutral", "Not complete yet", f"The plan needs: {', '.join(missing)}.")


def _asked_for(request: FleetRequest) -> dict[str, Any]:
    """What a link fills in; a parameter that stands there several times is a list."""
    return {name: given if len(given) > 1 else given[0] for name, given in request.GET.lists()}


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
