"""The rules of the fleet: its policy and its freezes on one page, its schedules on another."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from novaops.fleets.guards import right_required
from novaops.fleets.models import Person
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.operations import services
from novaops.operations.decision_forms import FreezeForm
from novaops.operations.models import Freeze, Recurrence
from novaops.operations.problems import Invalid, Refused
from novaops.operations.rules_pages import policy_page, rule_forms, schedules_page
from novaops.operations.views.answers import refused

POLICY, SCHEDULES = "operations/policy.html", "operations/schedules.html"


@require_safe
@right_required(Right.VIEW)
def policy(request: FleetRequest) -> HttpResponse:
    return render(request, POLICY, policy_page())


@require_POST
@right_required(Right.VIEW)
def change_policy(request: FleetRequest) -> HttpResponse:
    """All risks at once; only what differs is changed, and recorded."""
    forms = rule_forms(request.POST)
    if any(form.errors for form in forms.values()):
        return render(request, POLICY, policy_page(rule_forms=forms), status=422)
    try:
        for risk, form in forms.items():
            services.set_rule(risk, form.rule, request.user)
    except Refused as problem:
        return refused(request, fleet_path("policy"), problem)
    messages.success(request, "The policy holds from now on; what was confirmed before keeps its own.")
    return redirect(fleet_path("policy"))


@require_POST
@right_required(Right.VIEW)
def make_freeze(request: FleetRequest) -> HttpResponse:
    form = FreezeForm(request.POST)
    if not form.is_valid():
        return render(request, POLICY, policy_page(freeze_form=form), status=422)
    name, reason = form.cleaned_data["name"], form.cleaned_data["reason"]
    options = {name: form.cleaned_data[name] for name in ("risks", "time_zone", "weekly")}
    try:
        starts, ends = form.moment("starts_at"), form.moment("ends_at")
        made = services.make_freeze(request.user, name, reason, starts, ends, **options)
    except Invalid as problem:
        form.add_problems(problem)
        return render(request, POLICY, policy_page(freeze_form=form), status=422)
    except Refused as problem:
        return refused(request, fleet_path("policy"), problem)
    messages.success(request, f"The freeze “{made.name}” is made.")
    return redirect(fleet_path("policy"))


@require_POST
@right_required(Right.VIEW)
def lift_freeze(request: FleetRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Freeze, pk=pk)
    try:
        services.lift_freeze(found, request.user)
    except Refused as problem:
        return refused(request, fleet_path("policy"), problem)
    messages.success(request, f"The freeze “{found.name}” is lifted.")
    return redirect(fleet_path("policy"))


@require_safe
@right_required(Right.VIEW)
def schedules(request: FleetRequest) -> HttpResponse:
    return render(request, SCHEDULES, schedules_page(request.rights))


@require_POST
@right_required(Right.VIEW)
def end_schedule(request: FleetRequest, pk: int) -> HttpResponse:
    return _schedule_changed(request, pk, services.end_recurrence, f"Schedule {pk} has ended.")


@require_POST
@right_required(Right.VIEW)
def pause_schedule(request: FleetRequest, pk: int) -> HttpResponse:
    return _schedule_changed(request, pk, services.pause_recurrence, f"Schedule {pk} is paused.")


@require_POST
@right_required(Right.VIEW)
def resume_schedule(request: FleetRequest, pk: int) -> HttpResponse:
    said = f"Schedule {pk} goes on; turns that it missed are left out."
    return _schedule_changed(request, pk, services.resume_recurrence, said)


def _schedule_changed(
    request: FleetRequest, pk: int, change: Callable[[Recurrence, Person], Recurrence], said: str
) -> HttpResponse:
    found = get_object_or_404(Recurrence, pk=pk)
    try:
        change(found, request.user)
    except (Refused, Invalid) as problem:
        return refused(request, fleet_path("schedules"), problem)
    messages.success(request, said)
    return redirect(fleet_path("schedules"))
