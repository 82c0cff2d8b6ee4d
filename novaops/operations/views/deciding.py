"""The buttons of an operation's page: each posts, and leads back to the page."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from novaops.fleets.guards import right_required
from novaops.fleets.models import Person
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.operations import services
from novaops.operations.decision_forms import ConfirmForm, RepeatForm
from novaops.operations.models import Operation
from novaops.operations.pages import page_of
from novaops.operations.problems import Invalid, Refused
from novaops.operations.views.answers import refused, to_operation
from novaops.operations.zones import in_zone

Service = Callable[[Operation, Person], Operation]


@require_POST
@right_required(Right.VIEW)
def confirm(request: FleetRequest, pk: int) -> HttpResponse:
    found, form = get_object_or_404(Operation, pk=pk), ConfirmForm(request.POST)
    if not form.is_valid():
        return _again(request, found, confirm_form=form)
    options = {name: form.cleaned_data[name] for name in ("time_zone", "break_glass")}
    typed = request.POST.get("confirmation", "")
    try:
        services.confirm(found, request.user, typed, due_at=form.due, **options)
    except Invalid as problem:
        form.add_problems(problem)
        return _again(request, found, confirm_form=form)
    except Refused as problem:
        return refused(request, to_operation(found), problem)
    return redirect(to_operation(found))


@require_POST
@right_required(Right.VIEW)
def repeat(request: FleetRequest, pk: int) -> HttpResponse:
    found, form = get_object_or_404(Operation, pk=pk), RepeatForm(request.POST)
    if not form.is_valid():
        return _again(request, found, repeat_form=form)
    typed = request.POST.get("confirmation", "")
    try:
        made = services.make_recurrence(found, request.user, **form.cleaned_data, typed=typed)
    except Invalid as problem:
        form.add_problems(problem)
        return _again(request, found, repeat_form=form)
    except Refused as problem:
        return refused(request, to_operation(found), problem)
    messages.success(request, f"Schedule {made.pk} is made.")
    return redirect(fleet_path("schedules"))


@require_POST
@right_required(Right.VIEW)
def cancel(request: FleetRequest, pk: int) -> HttpResponse:
    def said(found: Operation) -> str:
        stopping = f"Operation {pk} stops at its next safe point."
        return f"Operation {pk} is cancelled." if found.state.terminal else stopping

    return _decided(request, pk, services.cancel, said)


@require_POST
@right_required(Right.VIEW)
def pause(request: FleetRequest, pk: int) -> HttpResponse:
    return _decided(request, pk, services.pause, lambda found: f"Operation {pk} rests at its next safe point.")


@require_POST
@right_required(Right.VIEW)
def resume(request: FleetRequest, pk: int) -> HttpResponse:
    return _decided(request, pk, services.resume, lambda found: f"Operation {pk} goes on.")


@require_POST
@right_required(Right.VIEW)
def approve(request: FleetRequest, pk: int) -> HttpResponse:
    return _decided(request, pk, partial(services.approve, comment=_comment(request)), _approved)


@require_POST
@right_required(Right.VIEW)
def reject(request: FleetRequest, pk: int) -> HttpResponse:
    said = f"Operation {pk} is rejected."
    return _decided(request, pk, partial(services.reject, comment=_comment(request)), lambda found: said)


@require_POST
@right_required(Right.VIEW)
def withdraw(request: FleetRequest, pk: int) -> HttpResponse:
    return _decided(request, pk, services.withdraw, lambda found: f"Your approval of operation {pk} is withdrawn.")


@require_POST
@right_required(Right.VIEW)
def acknowledge(request: FleetRequest, pk: int) -> HttpResponse:
    said = f"Operation {pk} is acknowledged."
    return _decided(request, pk, partial(services.acknowledge, comment=_comment(request)), lambda found: said)


@require_POST
@right_required(Right.VIEW)
def take_back(request: FleetRequest, pk: int) -> HttpResponse:
    """Leads to the plan of the inverse."""
    found = get_object_or_404(Operation, pk=pk)
    try:
        inverse = services.take_back(found, request.user, request.POST.get("reason", ""))
    except (Refused, Invalid) as problem:
        return refused(request, to_operation(found), problem)
    return redirect(to_operation(inverse))


def _decided(request: FleetRequest, pk: int, service: Service, said: Callable[[Operation], str]) -> HttpResponse:
    found = get_object_or_404(Operation, pk=pk)
    try:
        found = service(found, request.user)
    except (Refused, Invalid) as problem:
        return refused(request, to_operation(pk), problem)
    messages.success(request, said(found))
    return redirect(to_operation(pk))


def _again(request: FleetRequest, found: Operation, **forms: object) -> HttpResponse:
    """The page once more, with what was filled in and what is wrong with it."""
    context = page_of(found, request.user, request.rights) | forms
    return render(request, "operations/operation.html", context, status=422)


def _comment(request: FleetRequest) -> str:
    return request.POST.get("comment", "").strip()


def _approved(found: Operation) -> str:
    if found.status == "waiting":
        return f"You approved operation {found.pk}; it waits for another approval."
    if found.status == "scheduled" and found.due_at:
        return f"You approved operation {found.pk}; it starts at {in_zone(found.due_at, found.time_zone)}."
    return f"You approved operation {found.pk}; the next free worker takes it."
