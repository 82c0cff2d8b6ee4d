"""One delivery: what was told, how it went, and once more."""

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from novaops.fleets.guards import right_required
from novaops.fleets.paths import fleet_path
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.hooks import services
from novaops.hooks.models import Delivery
from novaops.hooks.problems import HookProblem
from novaops.hooks.schedule import ATTEMPTS


@require_safe
@right_required(Right.READ_CHANGE_LOG)
def delivery(request: FleetRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Delivery.objects.select_related("hook"), pk=pk)
    hook, payload = found.hook, found.payload
    context = {
        "delivery": found,
        "hook": hook,
        "most": ATTEMPTS,
        "payload": json.dumps(payload, indent=2, ensure_ascii=False, sort_keys=True) if payload else "",
        "operation": (payload or {}).get("data", {}).get("operation", {}).get("number"),
        "crumbs": [("Hooks", fleet_path("hooks")), (hook.name, fleet_path("hook", pk=hook.pk)), (found.label, "")],
    }
    return render(request, "hooks/delivery.html", context)


@require_POST
@right_required(Right.MANAGE_FLEET)
def again(request: FleetRequest, pk: int) -> HttpResponse:
    get_object_or_404(Delivery, pk=pk)
    try:
        services.send_again(pk, request.user)
        messages.success(request, "It is sent again, under the same id.")
    except HookProblem as problem:
        messages.error(request, str(problem))
    return redirect(fleet_path("hook-delivery", pk=pk))
