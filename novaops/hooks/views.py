"""The page of hooks: everybody sees how they do, whoever reads the change log what they were told, and whoever manages
the fleet changes them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from novaops.fleets.guards import right_required
from novaops.fleets.models import Person
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.hooks import selectors, services
from novaops.hooks.choices import DeliveryStatus, Sort
from novaops.hooks.forms import HookForm
from novaops.hooks.mails import configured
from novaops.hooks.models import Hook
from novaops.hooks.problems import HookProblem
from novaops.ui.formats import human_number

PER_PAGE = 50
Service = Callable[[int, Person], Hook]


@require_safe
@right_required(Right.VIEW)
def hooks(request: FleetRequest) -> HttpResponse:
    waiting = selectors.counted()
    rows = [(one, waiting.get(one.pk, 0)) for one in Hook.objects.all()]
    return render(request, "hooks/hooks.html", {"rows": rows, "mail": configured()})


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def hook(request: FleetRequest, pk: int) -> HttpResponse:
    deliveries = selectors.deliveries(pk, request.GET.get("status", ""))
    page = Paginator(deliveries, PER_PAGE).get_page(request.GET.get("page"))
    total, listed = page.paginator.count, list(page)
    # Read last, so that what it says of itself is not older than what is listed.
    found = get_object_or_404(Hook, pk=pk)
    context = {
        "hook": found,
        "page": page,
        "listed": listed,
        "count": f"{human_number(total)} {'delivery' if total == 1 else 'deliveries'}",
        "statuses": DeliveryStatus,
        "query": request.GET,
        "waiting": selectors.counted().get(pk, 0),
        "address": found.url if Right.MANAGE_FLEET in request.rights and found.url else found.receiver,
        "crumbs": [("Hooks", fleet_path("hooks")), (found.name, "")],
    }
    return render(request, "hooks/hook.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.MANAGE_FLEET)
@never_cache
def new(request: FleetRequest, sort: Sort) -> HttpResponse:
    form = HookForm(request.POST or None, sort=sort)
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = services.make(sort, form.draft, request.user)
        except HookProblem as problem:
            form.add_error(None, str(problem))
        else:
            return _shown_once(request, made, secret) if secret else redirect(fleet_path("hook", pk=made.pk))
    title = "New webhook" if sort == Sort.WEBHOOK else "New e-mail hook"
    return _form(request, form, {"title": title, "sort": sort, "mail": configured(), "back": fleet_path("hooks")})


@require_http_methods(["GET", "HEAD", "POST"])
@right_required(Right.MANAGE_FLEET)
def edit(request: FleetRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Hook, pk=pk)
    form = HookForm(request.POST or None, sort=Sort(found.sort), hook=found)
    if request.method == "POST" and form.is_valid():
        try:
            services.change(pk, form.draft, request.user)
        except HookProblem as problem:
            form.add_error(None, str(problem))
        else:
            return redirect(fleet_path("hook", pk=pk))
    back = fleet_path("hook", pk=pk)
    context = {"title": f"Change “{found.name}”", "hook": found, "sort": found.sort, "mail": True, "back": back}
    return _form(request, form, context)


@require_POST
@right_required(Right.MANAGE_FLEET)
def enable(request: FleetRequest, pk: int) -> HttpResponse:
    return _done(request, pk, services.enable, "Hook “{}” is enabled.")


@require_POST
@right_required(Right.MANAGE_FLEET)
def disable(request: FleetRequest, pk: int) -> HttpResponse:
    return _done(request, pk, services.disable, "Hook “{}” is disabled. Its history stays.")


@require_POST
@right_required(Right.MANAGE_FLEET)
def delete(request: FleetRequest, pk: int) -> HttpResponse:
    return _done(request, pk, services.delete, "Hook “{}” is deleted with its deliveries.")


@require_POST
@right_required(Right.MANAGE_FLEET)
def test(request: FleetRequest, pk: int) -> HttpResponse:
    return _done(request, pk, services.test, "A test for “{}” is on its way: see it below.")


@require_POST
@right_required(Right.MANAGE_FLEET)
@never_cache
def renew_secret(request: FleetRequest, pk: int) -> HttpResponse:
    get_object_or_404(Hook, pk=pk)
    try:
        found, secret = services.renew_secret(pk, request.user)
    except HookProblem as problem:
        messages.error(request, str(problem))
        return redirect(fleet_path("hook", pk=pk))
    return _shown_once(request, found, secret)


def _done(request: FleetRequest, pk: int, service: Service, said: str) -> HttpResponse:
    get_object_or_404(Hook, pk=pk)
    try:
        found = service(pk, request.user)
        messages.success(request, said.format(found.name))
    except HookProblem as problem:
        messages.error(request, str(problem))
    there = Hook.objects.filter(pk=pk).exists()
    return redirect(fleet_path("hook", pk=pk) if there else fleet_path("hooks"))


def _form(request: FleetRequest, form: HookForm, context: dict[str, Any]) -> HttpResponse:
    crumbs = [("Hooks", fleet_path("hooks")), (context["title"], "")]
    context |= {"form": form, "crumbs": crumbs}
    return render(request, "hooks/form.html", context, status=422 if form.errors else 200)


def _shown_once(request: FleetRequest, found: Hook, secret: str) -> HttpResponse:
    """In the answer itself: nothing keeps it, neither the session nor the browser's cache."""
    crumbs = [("Hooks", fleet_path("hooks")), (found.name, fleet_path("hook", pk=found.pk)), ("Secret", "")]
    return render(request, "hooks/secret.html", {"hook": found, "secret": secret, "crumbs": crumbs})
