"""The people of a fleet: everybody sees who holds which role; who may manage the fleet gives and takes them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from novaops.fleets.forms import GrantForm
from novaops.fleets.guards import right_required
from novaops.fleets.models import Membership
from novaops.fleets.paths import fleet_path
from novaops.fleets.people import Grant, grant, revoke
from novaops.fleets.problems import FleetProblem
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import RIGHTS, Right, Role
from novaops.fleets.selectors import members_of


@require_safe
@right_required(Right.VIEW)
def people(request: FleetRequest) -> HttpResponse:
    return _page(request, GrantForm())


@require_POST
@right_required(Right.MANAGE_FLEET)
def grant_role(request: FleetRequest) -> HttpResponse:
    form = GrantForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    person, role = form.cleaned_data["username"], Role(form.cleaned_data["role"])
    given = grant(person, Grant(request.fleet, role), by=request.user)
    word = "is now" if given else "already was"
    messages.success(request, f"{person.get_username()} {word} {role.label.lower()}.")
    return redirect(fleet_path("people", request.fleet.slug))


@require_POST
@right_required(Right.MANAGE_FLEET)
def revoke_role(request: FleetRequest) -> HttpResponse:
    chosen = request.POST.get("membership", "")
    number = int(chosen) if chosen.isdecimal() else 0
    held = get_object_or_404(Membership.objects.select_related("person"), fleet=request.fleet, pk=number)
    try:
        revoke(held.person, Grant(request.fleet, Role(held.role)), by=request.user)
        messages.success(request, f"{held.person.get_username()} is no longer {Role(held.role).label.lower()}.")
    except FleetProblem as problem:
        messages.error(request, str(problem))
    return redirect(fleet_path("people", request.fleet.slug))


def _page(request: HttpRequest, form: GrantForm, status: int = 200) -> HttpResponse:
    context = {
        "members": members_of(request.fleet),  # type: ignore[attr-defined]
        "form": form,
        "meanings": [(role.label, [right.label for right in Right if right in RIGHTS[role]]) for role in Role],
    }
    return render(request, "fleets/people.html", context, status=status)
